import json

from openai import OpenAI

from turns import DESCRIPTION, PARAMETERS, TOOL, Asked, run, same, serve

FUNCTION = {"name": TOOL, "description": DESCRIPTION, "parameters": PARAMETERS, "strict": True}
TOOLS = [{"type": "function", "function": FUNCTION}]


def turn(asked: Asked) -> str:
    client = OpenAI(base_url=asked.base_url, api_key="sk-client")
    messages = [{"role": "user", "content": asked.prompt}]
    while True:
        message = answer(client, asked, messages)
        if not message.tool_calls:
            return message.content
        messages.append(message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
        for call in message.tool_calls:
            result = run(json.loads(call.function.arguments)["command"])
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def answer(client: OpenAI, asked: Asked, messages: list):
    asking = {"model": asked.model, "messages": messages, "tools": TOOLS}
    if not asked.stream:
        return client.chat.completions.create(**asking).choices[0].message
    with client.chat.completions.stream(**asking) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        message = stream.get_final_completion().choices[0].message
    same(pieces, message.content or "")
    return message


serve(turn)
