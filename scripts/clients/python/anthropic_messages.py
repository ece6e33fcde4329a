from anthropic import Anthropic

from turns import DESCRIPTION, PARAMETERS, TOOL, Asked, run, same, serve

TOOLS = [{"name": TOOL, "description": DESCRIPTION, "input_schema": PARAMETERS}]


def turn(asked: Asked) -> str:
    client = Anthropic(base_url=asked.base_url.removesuffix("/v1"), api_key="sk-client")
    messages = [{"role": "user", "content": asked.prompt}]
    while True:
        message = answer(client, asked, messages)
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content if block.type == "text")
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": run(**call.input)} for call in calls]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]


def answer(client: Anthropic, asked: Asked, messages: list):
    asking = {"model": asked.model, "max_tokens": 1000, "messages": messages, "tools": TOOLS}
    if not asked.stream:
        return client.messages.create(**asking)
    with client.messages.stream(**asking) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    same(pieces, "".join(block.text for block in message.content if block.type == "text"))
    return message


serve(turn)
