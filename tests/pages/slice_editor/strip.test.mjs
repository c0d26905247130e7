/** What is said of a proposal. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { originText } from "../../../pages/slice_editor/slicewise/view/strip.js";

test("a proposal says whether other series alone made it or drawn slices, too", () => {
  assert.equal(originText(2), "from 2 earlier series");
  assert.equal(originText(1, true), "from drawn slices and 1 earlier series");
  assert.equal(originText(), "");
});
