"""The four protocols of the scripted model: what is asked, and how it is answered.

Each protocol has a reader (request → `Turn`) and a writer (`Reply` → the lines of a
server-sent stream, in pieces so that a slow reply is slow on the wire too).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.fakes.model.script import Call, Reply, Turn, newest_prompt

_numbers = itertools.count(1)
Piece = str | float
"""A piece of the stream, or seconds to wait before the next."""

RUN_TOOLS = (
    "Bash",
    "exec_command",
    "shell_command",
    "shell",
    "run_shell_command",
    "bash",
)
EDIT_TOOLS = ("Write", "write_file", "write", "create", "apply_patch")
ASK_TOOLS = ("AskUserQuestion", "ask_user", "question", "request_user_input")


def tool_call(call: Call, tools: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """The name and arguments of a call, in the words of the CLI that is asked."""
    wanted = {
        "run": RUN_TOOLS,
        "sudo": RUN_TOOLS,
        "edit": EDIT_TOOLS,
        "ask": ASK_TOOLS,
    }[call.kind]
    name = next((each for each in wanted if each in tools), None)
    if name is None and call.kind == "edit":
        path, text = call.arguments
        command = (
            f"mkdir -p \"$(dirname '{path}')\" && printf '%s' '{text}' >> '{path}'"
        )
        return tool_call(Call("run", (command,)), tools)
    if name is None:
        raise LookupError(f"no tool for {call.kind} among {tools}")
    return name, _arguments(name, call)


def _arguments(name: str, call: Call) -> dict[str, Any]:
    if call.kind in ("run", "sudo"):
        return _run_arguments(name, call.arguments[0], asks=call.kind == "sudo")
    if call.kind == "ask":
        return _ask_arguments(name, *call.arguments)
    path, text = call.arguments
    match name:
        case "Write":
            return {"file_path": path, "content": text}
        case "write":
            return {"filePath": path, "content": text}
        case "create":
            return {"path": path, "file_text": text}
        case "apply_patch":
            lines = "".join(f"+{line}\n" for line in text.splitlines())
            patch = f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"
            return {"input": patch}
        case _:
            return {"file_path": path, "content": text}


def _run_arguments(name: str, command: str, *, asks: bool) -> dict[str, Any]:
    match name:
        case "exec_command":
            given = {"cmd": command, "yield_time_ms": 1000}
            why = {"justification": "The sandbox forbids it."}
            asked = {"sandbox_permissions": "require_escalated", **why}
            return given | asked if asks else given
        case "shell":
            return {"command": ["bash", "-lc", command]}
        case "Bash" | "bash":
            return {"command": command, "description": "Run a step of the script"}
        case _:
            return {"command": command}


def _ask_arguments(name: str, question: str, *choices: str) -> dict[str, Any]:
    options = [
        {"label": each, "description": each} for each in choices or ("Yes", "No")
    ]
    return {
        "questions": [
            {
                "question": question,
                "header": "Choice",
                "multiSelect": False,
                "multiple": False,
                "options": options,
            }
        ]
    }


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        str(part.get("text", "")) for part in parts if isinstance(part, dict)
    )


def _turn(items: list[tuple[str, str]], tools: tuple[str, ...]) -> Turn:
    """A turn from a flat conversation of ("user" | "result", text)."""
    users = [n for n, (role, _) in enumerate(items) if role == "user"]
    chosen = newest_prompt([items[n][1] for n in users])
    if chosen is None:
        return Turn("", 0, tools)
    start = users[chosen]
    results = sum(role == "result" for role, _ in items[start:])
    return Turn(items[start][1], results, tools)


def _words(text: str) -> list[str]:
    return [f"{word} " for word in text.split(" ")] if text else []


def _slowly(reply: Reply) -> Iterator[tuple[str, float]]:
    """The words of a text, each with the pause that comes before it."""
    words = _words(reply.text)
    steps = max(len(words), 1)
    if not words and reply.pause_s:
        yield "", reply.pause_s
    for word in words:
        yield word, reply.pause_s / steps


def _event(data: Any, name: str = "") -> str:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n"


# Anthropic Messages


def read_anthropic(body: dict[str, Any]) -> Turn:
    items: list[tuple[str, str]] = []
    for message in body.get("messages", []):
        content = message.get("content")
        if message.get("role") != "user":
            continue
        parts = content if isinstance(content, list) else [{"text": content}]
        results = [p for p in parts if p.get("type") == "tool_result"]
        items += [("result", "")] * len(results)
        text = _text_of([p for p in parts if p.get("type") != "tool_result"])
        if text:
            items.append(("user", text))
    tools = tuple(str(tool.get("name")) for tool in body.get("tools") or ())
    return _turn(items, tools)


def write_anthropic(reply: Reply, turn: Turn, body: dict[str, Any]) -> Iterator[Piece]:
    number = next(_numbers)
    usage = {"input_tokens": 1200, "output_tokens": 1, "cache_read_input_tokens": 300}
    message = {
        "id": f"msg_{number:08d}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", "scripted"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    yield _event({"type": "message_start", "message": message}, "message_start")
    index = 0
    if reply.text or reply.pause_s or reply.call is None:
        yield _block_start(index, {"type": "text", "text": ""})
        for word, pause_s in _slowly(reply):
            yield pause_s
            yield _block_delta(index, {"type": "text_delta", "text": word})
        yield _event(
            {"type": "content_block_stop", "index": index}, "content_block_stop"
        )
        index += 1
    if reply.call is not None:
        name, arguments = tool_call(reply.call, turn.tools)
        block = {
            "type": "tool_use",
            "id": f"toolu_{number:08d}",
            "name": name,
            "input": {},
        }
        yield _block_start(index, block)
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        yield _block_delta(index, delta)
        yield _event(
            {"type": "content_block_stop", "index": index}, "content_block_stop"
        )
    reason = "tool_use" if reply.call else "end_turn"
    end = {"stop_reason": reason, "stop_sequence": None}
    yield _event(
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 42}},
        "message_delta",
    )
    yield _event({"type": "message_stop"}, "message_stop")


def _block_start(index: int, block: dict[str, Any]) -> str:
    data = {"type": "content_block_start", "index": index, "content_block": block}
    return _event(data, "content_block_start")


def _block_delta(index: int, delta: dict[str, Any]) -> str:
    data = {"type": "content_block_delta", "index": index, "delta": delta}
    return _event(data, "content_block_delta")


# OpenAI Responses


def read_responses(body: dict[str, Any]) -> Turn:
    given = body.get("input")
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    items: list[tuple[str, str]] = []
    for item in given or []:
        kind = str(item.get("type", "message"))
        if kind.endswith("_output"):
            items.append(("result", ""))
        elif kind == "message" and item.get("role") == "user":
            items.append(("user", _text_of(item.get("content"))))
    tools = tuple(str(t.get("name") or t.get("type")) for t in body.get("tools") or ())
    return _turn(items, tools)


def write_responses(reply: Reply, turn: Turn, body: dict[str, Any]) -> Iterator[Piece]:
    number = next(_numbers)
    response = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 0,
        "status": "in_progress",
        "model": body.get("model", "scripted"),
        "output": [],
    }
    yield _event({"type": "response.created", "response": response}, "response.created")
    output: list[dict[str, Any]] = []
    if reply.text or reply.pause_s or reply.call is None:
        yield from _responses_text(reply, number, output)
    if reply.call is not None:
        item = _responses_call(reply.call, turn, number, body)
        yield _event(
            {
                "type": "response.output_item.added",
                "output_index": len(output),
                "item": {**item, "status": "in_progress"},
            },
            "response.output_item.added",
        )
        yield _item_done(item, len(output))
        output.append(item)
    usage = {
        "input_tokens": 1200,
        "input_tokens_details": {"cached_tokens": 300},
        "output_tokens": 42,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 1242,
    }
    done = {**response, "status": "completed", "output": output, "usage": usage}
    yield _event({"type": "response.completed", "response": done}, "response.completed")


def _responses_text(
    reply: Reply, number: int, output: list[dict[str, Any]]
) -> Iterator[Piece]:
    item_id = f"msg_{number}"
    item: dict[str, Any] = {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": "in_progress",
        "content": [],
    }
    part = {"type": "output_text", "text": "", "annotations": []}
    where = {"item_id": item_id, "output_index": 0, "content_index": 0}
    yield _event(
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        "response.output_item.added",
    )
    yield _event(
        {"type": "response.content_part.added", **where, "part": part},
        "response.content_part.added",
    )
    for word, pause_s in _slowly(reply):
        yield pause_s
        yield _event(
            {"type": "response.output_text.delta", **where, "delta": word},
            "response.output_text.delta",
        )
    yield _event(
        {"type": "response.output_text.done", **where, "text": reply.text},
        "response.output_text.done",
    )
    full = {**part, "text": reply.text}
    yield _event(
        {"type": "response.content_part.done", **where, "part": full},
        "response.content_part.done",
    )
    item = {**item, "status": "completed", "content": [full]}
    yield _item_done(item, 0)
    output.append(item)


def _item_done(item: dict[str, Any], index: int) -> str:
    data = {"type": "response.output_item.done", "output_index": index, "item": item}
    return _event(data, "response.output_item.done")


def _responses_call(
    call: Call, turn: Turn, number: int, body: dict[str, Any]
) -> dict[str, Any]:
    name, arguments = tool_call(call, turn.tools)
    tool = next(t for t in body["tools"] if (t.get("name") or t.get("type")) == name)
    shared = {
        "id": f"fc_{number}",
        "call_id": f"call_{number}",
        "name": name,
        "status": "completed",
    }
    if tool.get("type") == "custom":
        return {**shared, "type": "custom_tool_call", "input": arguments["input"]}
    return {**shared, "type": "function_call", "arguments": json.dumps(arguments)}


# OpenAI Chat Completions


def read_chat(body: dict[str, Any]) -> Turn:
    items: list[tuple[str, str]] = []
    for message in body.get("messages", []):
        if message.get("role") == "tool":
            items.append(("result", ""))
        elif message.get("role") == "user":
            items.append(("user", _text_of(message.get("content"))))
    tools = tuple(str(t["function"]["name"]) for t in body.get("tools") or ())
    system = str(body.get("messages", [{}])[0].get("content"))
    turn = _turn(items, tools)
    return replace(turn, calls_in_text=not tools and "SEARCH/REPLACE" in system)


def write_chat(reply: Reply, turn: Turn, body: dict[str, Any]) -> Iterator[Piece]:
    number = next(_numbers)
    if not body.get("stream"):
        yield json.dumps(_whole_chat(reply, number))
        return
    usage = {"prompt_tokens": 1200, "completion_tokens": 42, "total_tokens": 1242}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return _event(
            {
                "id": f"chatcmpl-{number}",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": body.get("model", "scripted"),
                "choices": choices,
                **more,
            }
        )

    yield chunk({"role": "assistant", "content": ""})
    for word, pause_s in _slowly(reply):
        yield pause_s
        yield chunk({"content": word})
    if reply.call is not None and turn.calls_in_text:
        yield chunk({"content": _as_aider_reads(reply.call)})
    elif reply.call is not None:
        name, arguments = tool_call(reply.call, turn.tools)
        function = {"name": name, "arguments": json.dumps(arguments)}
        call = {
            "index": 0,
            "id": f"call_{number}",
            "type": "function",
            "function": function,
        }
        yield chunk({"tool_calls": [call]})
        yield chunk({}, "tool_calls", usage=usage)
        yield "data: [DONE]\n\n"
        return
    yield chunk({}, "stop", usage=usage)
    yield "data: [DONE]\n\n"


def _whole_chat(reply: Reply, number: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 1200,
            "completion_tokens": 42,
            "total_tokens": 1242,
        },
    }


def _as_aider_reads(call: Call) -> str:
    """A call for a CLI that knows no tools: edit blocks and shell blocks in text."""
    if call.kind == "edit":
        path, text = call.arguments
        return f"\n{path}\n```\n<<<<<<< SEARCH\n=======\n{text}>>>>>>> REPLACE\n```\n"
    return f"\n```bash\n{call.arguments[0]}\n```\n"


# Gemini


def read_gemini(body: dict[str, Any]) -> Turn:
    items: list[tuple[str, str]] = []
    for content in body.get("contents") or []:
        if content.get("role") not in (None, "user"):
            continue
        parts = content.get("parts") or []
        items += [("result", "") for part in parts if "functionResponse" in part]
        text = _text_of([part for part in parts if "text" in part])
        if text:
            items.append(("user", text))
    tools = tuple(
        str(each["name"])
        for tool in body.get("tools") or ()
        for each in tool.get("functionDeclarations") or ()
    )
    return _turn(items, tools)


def write_gemini(reply: Reply, turn: Turn, body: dict[str, Any]) -> Iterator[Piece]:
    usage = {
        "promptTokenCount": 1200,
        "candidatesTokenCount": 42,
        "totalTokenCount": 1242,
    }

    def chunk(part: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        candidate: dict[str, Any] = {
            "index": 0,
            "content": {"role": "model", "parts": [part]},
        }
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "usageMetadata": usage}

    if not body.get("_stream"):
        yield json.dumps(chunk({"text": reply.text or "ok"}, "STOP"))
        return
    for word, pause_s in _slowly(reply):
        yield pause_s
        yield _event(chunk({"text": word}))
    if reply.call is not None:
        name, arguments = tool_call(reply.call, turn.tools)
        yield _event(chunk({"functionCall": {"name": name, "args": arguments}}, "STOP"))
    else:
        yield _event(chunk({"text": ""}, "STOP"))


Reader = Callable[[dict[str, Any]], Turn]
Writer = Callable[[Reply, Turn, dict[str, Any]], Iterator[Piece]]
