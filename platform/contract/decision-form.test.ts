import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DecisionFacts,
  DecisionReader,
  type DecisionSetting,
  packDecisions,
  settingId,
  settingsNamed,
} from './decision-form.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const levels = optional(
  fc.array(fc.record({ Id: text, Policies: fc.array(text, { maxLength: 2 }) }), { maxLength: 2 }),
);
const key = fc.oneof(
  text,
  fc.constantFrom('aws:principaltag/a', 'aws:userid', 'aws:sourceip', '__proto__', 'constructor'),
);

const facts: fc.Arbitrary<DecisionFacts> = fc.record({
  Action: text,
  Resource: text,
  ResourceAccount: optional(text),
  Effect: fc.constantFrom('allow', 'deny'),
  Reason: text,
  Layer: optional(text),
  Level: optional(fc.record({ Id: text })),
  Given: optional(fc.oneof(fc.constant({}), fc.record({ ResourcePolicy: text }))),
});
const setting: fc.Arbitrary<DecisionSetting> = fc.record({
  Principal: fc.record({ Type: text, Arn: optional(text), AccountId: optional(text), PrincipalId: optional(text) }),
  Issuer: optional(fc.record({ Arn: text, PrincipalId: text })),
  Asked: fc.boolean(),
  AccountId: text,
  Policies: fc.array(text, { maxLength: 3 }),
  PrincipalLevels: levels,
  ResourceLevels: levels,
  Context: fc
    .array(fc.tuple(key, fc.oneof(text, fc.array(text, { maxLength: 2 }))), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
});
const decisions = fc.array(fc.record({ facts, setting }), { maxLength: 4 });
const event = { EventId: 'event', EventName: 'Event', Position: { Time: 1, Sequence: 2 } };

function unpack(packed: ReturnType<typeof packDecisions>, reader = new DecisionReader()) {
  reader.learn([...packed.settings].map(([Id, Text]) => ({ Id, Text })));
  return reader.read({ ...event, Decisions: packed.text });
}

/** As JSON: what is undefined is not there. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
const sorted = (context: object) => Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));

describe('short form of decisions', () => {
  it('gives back what was packed, whatever the texts hold', () => {
    const reader = new DecisionReader();
    fc.assert(
      fc.property(decisions, (packed) => {
        const unpacked = unpack(packDecisions(packed), reader);
        expect(unpacked).toHaveLength(packed.length);
        for (const [index, { setting: from, Context, ...rest }] of unpacked.entries()) {
          const { facts: asked, setting: by } = packed[index] as (typeof packed)[number];
          expect(plain(rest)).toEqual(plain({ ...event, ...asked }));
          expect(plain({ ...from, Context: 0 })).toEqual(plain({ ...by, Context: 0 }));
          // No key stands in both.
          expect(sorted(from.Context).concat(sorted(Context)).sort()).toEqual(sorted(by.Context).sort());
        }
      }),
    );
  });

  it('is what JSON.stringify gives, byte for byte: records that were written before have the same form', () => {
    fc.assert(
      fc.property(decisions, (packed) => {
        const form = packDecisions(packed);
        const lines = form.text === '' ? [] : form.text.split('\n');
        expect(lines).toEqual(lines.map((line) => JSON.stringify(JSON.parse(line))));
        for (const [at, { setting: by }] of packed.entries()) {
          const [id] = JSON.parse(lines[2 * at] as string) as [string];
          const own = Object.keys(JSON.parse(lines[2 * at + 1] as string) as object);
          const settled: Record<string, unknown> = Object.create(null);
          for (const [name, value] of Object.entries(by.Context)) if (!own.includes(name)) settled[name] = value;
          const { Principal: of, Issuer, Asked, AccountId, Policies, PrincipalLevels, ResourceLevels } = by;
          const Principal = { Type: of.Type, Arn: of.Arn, AccountId: of.AccountId, PrincipalId: of.PrincipalId };
          const bound = { Policies, PrincipalLevels, ResourceLevels, Context: settled };
          expect(form.settings.get(id)).toBe(JSON.stringify({ Principal, Issuer, Asked, AccountId, ...bound }));
        }
      }),
    );
  });

  it('names the settings it needs, under the hash of what they say', () => {
    fc.assert(
      fc.property(decisions, (packed) => {
        const { text: form, settings } = packDecisions(packed);
        expect(new Set(settingsNamed(form))).toEqual(new Set(settings.keys()));
        for (const [id, said] of settings) expect(settingId(said)).toBe(id);
      }),
    );
  });

  it('is the same for the same decisions', () => {
    fc.assert(
      fc.property(decisions, (packed) => {
        expect(packDecisions(structuredClone(packed))).toEqual(packDecisions(packed));
      }),
    );
  });

  it.each(['x', '["short",1]', `["${'a'.repeat(43)}",1]`, `["${'a'.repeat(43)}"`])('takes %j for no form', (form) => {
    expect(settingsNamed(form)).toBeUndefined();
  });

  it('refuses a decision whose setting did not come with it', () => {
    expect(() => new DecisionReader().read({ ...event, Decisions: `["${'a'.repeat(43)}"]\n{}` })).toThrow('setting');
  });
});
