from anthropic import Anthropic, beta_tool

from turns import Asked, run, same, serve

tool = beta_tool(run)


def turn(asked: Asked) -> str:
    client = Anthropic(base_url=asked.base_url.removesuffix("/v1"), api_key="sk-client")
    asking = {
        "model": asked.model,
        "max_tokens": 1000,
        "tools": [tool],
        "messages": [{"role": "user", "content": asked.prompt}],
    }
    if not asked.stream:
        return text_of(client.beta.messages.tool_runner(**asking).until_done())
    text = ""
    # A tool runs while the rest of the answer is still to come.
    for stream in client.beta.messages.tool_runner(**asking, stream=True, run_tools_eagerly=True):
        pieces = list(stream.text_stream)
        text = same(pieces, text_of(stream.get_final_message()))
    return text


def text_of(message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


serve(turn)
