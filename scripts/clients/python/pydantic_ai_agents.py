"""Pydantic AI by `chat`, `responses` or `messages`, as its argument says."""

import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from turns import Asked, run, same, serve


def model(asked: Asked):
    if sys.argv[1] == "messages":
        provider = AnthropicProvider(base_url=asked.base_url.removesuffix("/v1"), api_key="sk-client")
        return AnthropicModel(asked.model, provider=provider)
    provider = OpenAIProvider(base_url=asked.base_url, api_key="sk-client")
    kind = OpenAIResponsesModel if sys.argv[1] == "responses" else OpenAIChatModel
    return kind(asked.model, provider=provider)


async def turn(asked: Asked) -> str:
    agent = Agent(model(asked), tools=[run])
    if not asked.stream:
        return (await agent.run(asked.prompt)).output
    async with agent.run_stream(asked.prompt) as result:
        pieces = [piece async for piece in result.stream_text(delta=True)]
        return same(pieces, await result.get_output())


serve(lambda asked: asyncio.run(turn(asked)))
