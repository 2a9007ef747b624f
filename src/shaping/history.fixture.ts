import fc from "fast-check";
import type { InferenceRequest, Part, ToolResultPart, Turn } from "../inference";

/** For tests: random conversations as agents and people have them. */

const words = fc.integer({ min: 1, max: 60 }).map((count) => "lorem ".repeat(count).trim());
const text = words.map((value): Part => ({ type: "text", text: value }));
const marked = words.map((value): Part => ({ type: "text", text: value, cacheHint: {} }));
const thought = fc.oneof(
  words.map((value): Part => ({ type: "reasoning", text: value, signature: "c2lnbmVk" })),
  fc.constant<Part>({ type: "redacted-reasoning", data: "c2VhbGVk" }),
);

const round = fc.record({
  thoughts: fc.array(thought, { maxLength: 1 }),
  says: fc.array(text, { maxLength: 1 }),
  calls: fc.integer({ min: 1, max: 4 }),
  result: words,
  remark: fc.option(words, { freq: 4 }),
});

const exchange = fc.record({
  openers: fc.array(fc.oneof({ arbitrary: text, weight: 9 }, { arbitrary: marked, weight: 1 }), { minLength: 1, maxLength: 2 }),
  rounds: fc.array(round, { maxLength: 4 }),
  answer: fc.option(text, { freq: 5 }),
  system: fc.option(words, { freq: 6 }),
});

function turnsOf(value: { openers: Part[]; rounds: RoundOf[]; answer: Part | null; system: string | null }, at: number): Turn[] {
  const turns: Turn[] = value.openers.map((part) => ({ role: "user", parts: [part] }));
  if (value.system !== null) turns.push({ role: "system", parts: [{ type: "text", text: value.system }] });
  for (const [index, { thoughts, says, calls, result, remark }] of value.rounds.entries()) {
    const ids = Array.from({ length: calls }, (_, call) => `call_${at}_${index}_${call}`);
    const asked = ids.map((id): Part => ({ type: "tool-call", id, name: "look", arguments: '{"at":"x"}', kind: "function" }));
    const answers = ids.map((callId): ToolResultPart => ({ type: "tool-result", callId, content: [{ type: "text", text: result }] }));
    turns.push({ role: "assistant", parts: [...thoughts, ...says, ...asked] }, { role: "tool", parts: answers });
    if (remark !== null) turns.push({ role: "user", parts: [{ type: "text", text: remark }] });
  }
  if (value.answer) turns.push({ role: "assistant", parts: [value.answer] });
  return turns;
}

interface RoundOf {
  thoughts: Part[];
  says: Part[];
  calls: number;
  result: string;
  remark: string | null;
}

/** Valid on both wires; ends in what the model is to answer. */
export const history: fc.Arbitrary<InferenceRequest> = fc
  .record({ system: fc.option(words), exchanges: fc.array(exchange, { maxLength: 6 }), last: exchange, open: fc.boolean() })
  .map(({ system, exchanges, last, open }) => {
    const turns: Turn[] = system === null ? [] : [{ role: "system", parts: [{ type: "text", text: system }] }];
    for (const [at, value] of exchanges.entries())
      turns.push(...turnsOf({ ...value, answer: value.answer ?? { type: "text", text: "so" } }, at));
    turns.push(...turnsOf({ ...last, answer: null, ...(open ? { rounds: [] } : {}) }, exchanges.length));
    return {
      model: "any",
      turns,
      tools: [
        { kind: "function", name: "look", description: "Looks.", parameters: { type: "object", properties: { at: { type: "string" } } } },
      ],
      sampling: {},
      stream: false,
      streamUsage: false,
      outputTokensMax: 100,
    };
  });
