"""The document on the editor lists the tools as the registry has them."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SLICEWISE = ROOT / "pages" / "slice_editor" / "slicewise"
PRINT_TOOLS = f"""
import {{ TOOLS }} from "{(SLICEWISE / "tools" / "index.js").as_uri()}";
import {{ keyName }} from "{(SLICEWISE / "input" / "keys.js").as_uri()}";
const rows = TOOLS.map(({{ name, key, help }}) => [name, keyName(key), help]);
console.log(JSON.stringify(rows));
"""


def test_the_document_lists_every_tool_with_its_key_and_help(node: str) -> None:
    command = [node, "--input-type=module", "--eval", PRINT_TOOLS]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows = [["Tool", "Key", "What it does"], ["---"] * 3, *json.loads(printed.stdout)]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    document = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
    assert table in document, f"put this table into docs/editor.md:\n{table}"
