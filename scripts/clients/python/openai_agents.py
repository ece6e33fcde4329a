"""The OpenAI Agents SDK by `chat` or `responses`, as its argument says."""

import asyncio
import sys

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI
from openai.types.responses import ResponseTextDeltaEvent

from turns import Asked, run, same, serve

set_tracing_disabled(True)

tool = function_tool(run, failure_error_function=None)
MODEL = OpenAIResponsesModel if sys.argv[1] == "responses" else OpenAIChatCompletionsModel


async def turn(asked: Asked) -> str:
    async with AsyncOpenAI(base_url=asked.base_url, api_key="sk-client") as client:
        agent = Agent(name="agent", model=MODEL(asked.model, client), tools=[tool])
        if not asked.stream:
            return (await Runner.run(agent, asked.prompt)).final_output
        result = Runner.run_streamed(agent, asked.prompt)
        pieces = [
            event.data.delta
            async for event in result.stream_events()
            if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent)
        ]
        return same(pieces, result.final_output)


serve(lambda asked: asyncio.run(turn(asked)))
