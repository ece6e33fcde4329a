import json

from openai import OpenAI

from turns import DESCRIPTION, PARAMETERS, TOOL, Asked, run, same, serve

TOOLS = [{"type": "function", "name": TOOL, "description": DESCRIPTION, "parameters": PARAMETERS, "strict": True}]


def turn(asked: Asked) -> str:
    client = OpenAI(base_url=asked.base_url, api_key="sk-client")
    asking = {"model": asked.model, "tools": TOOLS, "input": asked.prompt}
    while True:
        response = answer(client, asked.stream, asking)
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            return response.output_text
        results = [(call.call_id, run(json.loads(call.arguments)["command"])) for call in calls]
        asking["previous_response_id"] = response.id
        asking["input"] = [{"type": "function_call_output", "call_id": id, "output": output} for id, output in results]


def answer(client: OpenAI, stream: bool, asking: dict):
    if not stream:
        return client.responses.create(**asking)
    with client.responses.stream(**asking) as events:
        pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
        response = events.get_final_response()
    same(pieces, response.output_text)
    return response


serve(turn)
