"""LangChain's chat models: `anthropic`, `openai` or `openai-responses`, as its argument says."""

import sys

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from turns import Asked, run, same, serve

tool = tool(run)


def chat_model(asked: Asked):
    if sys.argv[1] == "anthropic":
        from langchain_anthropic import ChatAnthropic

        base_url = asked.base_url.removesuffix("/v1")
        return ChatAnthropic(model=asked.model, base_url=base_url, api_key="sk-client", max_tokens=1000)
    from langchain_openai import ChatOpenAI

    responses = sys.argv[1] == "openai-responses"
    return ChatOpenAI(model=asked.model, base_url=asked.base_url, api_key="sk-client", use_responses_api=responses)


def turn(asked: Asked) -> str:
    chat = chat_model(asked).bind_tools([tool])
    messages = [HumanMessage(asked.prompt)]
    while True:
        message = answer(chat, messages, asked.stream)
        if message.invalid_tool_calls:
            raise AssertionError(f"calls that cannot be read: {message.invalid_tool_calls}")
        if not message.tool_calls:
            return str(message.text)
        messages.append(message)
        messages += [tool.invoke(call) for call in message.tool_calls]


def answer(chat, messages: list, stream: bool):
    if not stream:
        return chat.invoke(messages)
    chunks = list(chat.stream(messages))
    message = sum(chunks[1:], start=chunks[0])
    same([str(chunk.text) for chunk in chunks], str(message.text))
    return message


serve(turn)
