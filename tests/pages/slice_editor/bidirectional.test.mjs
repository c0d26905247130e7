// Names in right-to-left scripts within sentences.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isolated } from "../../../pages/slice_editor/slicewise/model/bidirectional.js";

test("only names with right-to-left letters are set off from the sentence", () => {
  for (const name of ["Liver", "肝臓", "Ünïcödé (1)", ""]) assert.equal(isolated(name), name);
  for (const name of ["الكبد 12 mm", "כבד", "Liver כבד"]) assert.equal(isolated(name), `\u2068${name}\u2069`);
});
