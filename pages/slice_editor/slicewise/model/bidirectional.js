// Names in right-to-left scripts within sentences that go from left to right.

const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const [BEGIN, END] = ["\u2068", "\u2069"]; // first strong isolate, pop directional isolate

/** A name, set off so that it and the text beside it keep their order; others stay as they are. */
export function isolated(name) {
  return RIGHT_TO_LEFT.test(name) ? `${BEGIN}${name}${END}` : name;
}
