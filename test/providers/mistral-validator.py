"""Reads requests, a line of JSON each, and writes a line for each: empty, or what Mistral's own validator refuses in it."""

import json
import sys

from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import TokenizerVersion

for line in sys.stdin:
    versions, request = json.loads(line)
    wrong = ""
    for version in versions:
        try:
            request = {name: request[name] for name in ("model", "messages", "tools") if name in request}
            parsed = ChatCompletionRequest(**request)
            get_validator(TokenizerVersion(version), ValidationMode.serving).validate_request(parsed)
        except Exception as error:  # whatever it refuses, and however it says so
            wrong = f"{version}: {error}"
            break
    print(" ".join(wrong.split()))
