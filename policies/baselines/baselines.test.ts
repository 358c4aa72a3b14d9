import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileGuardrail, judge, RuleTable } from './compile.ts';
import { readShippedDetective, readShippedPacks, readShippedTypes } from './files.ts';
import { readDetectiveGuardrail, readPack } from './load.ts';
import { BUILT_INS } from './rules/index.ts';
import { casesOf, itemOf, judgingOf } from './testing/cases.ts';

const byId = readShippedDetective();
const shipped = [...byId.values()];
const rule = (id: string, values = {}) => {
  const compiled = compileGuardrail(byId.get(id)!, values);
  if (!compiled.ok) throw new Error(compiled.fault);
  return compiled.rule;
};

describe('detective guardrails', () => {
  it('are at least 22, each in a file of its name with a file of cases', () => {
    expect(shipped.length).toBeGreaterThanOrEqual(22);
    const files = readdirSync(new URL('./library/', import.meta.url)).toSorted();
    expect(files).toEqual(shipped.map(({ id }) => `${id}.yaml`).toSorted());
    expect(readdirSync(new URL('./cases/', import.meta.url)).toSorted()).toEqual(files);
  });

  it('use every built-in rule', () => {
    const used = new Set(shipped.flatMap((item) => ('builtin' in item.rule ? [item.rule.builtin] : [])));
    expect([...BUILT_INS.keys()].filter((name) => !used.has(name))).toEqual([]);
  });

  for (const guardrail of shipped) {
    describe(`${guardrail.id}: ${guardrail.title}`, () => {
      const rows = casesOf(guardrail.id);

      it('has a case that passes and one that fails', () => {
        expect(rows.some(({ verdict }) => verdict === 'COMPLIANT')).toBe(true);
        expect(rows.some(({ verdict }) => verdict === 'NON_COMPLIANT')).toBe(true);
      });

      it.each(rows)('$title', (row) => {
        const item = itemOf(row, row.type ?? guardrail.types[0]!);
        const outcome = judge(rule(guardrail.id, row.parameters), item, judgingOf(row));
        expect(outcome.verdict, outcome.annotation).toBe(row.verdict);
        if (row.verdict === 'NON_COMPLIANT' || row.verdict === 'INSUFFICIENT_DATA') {
          expect(outcome.annotation!.length).toBeGreaterThan(0);
          expect(outcome.annotation!.length).toBeLessThanOrEqual(256);
        }
      });

      it('never takes facts that are missing, or of another type, for good ones', () => {
        for (const configuration of [{}, ...mangled(rows)]) {
          const item = itemOf({ configuration, tags: {}, confirmedDaysAgo: 0 }, guardrail.types[0]!);
          const outcome = judge(rule(guardrail.id), item, judgingOf({ account: {}, related: [] }));
          // Some rest on no configuration at all: where an account stands, which tags a resource has.
          if (!['G-D-34', 'G-D-35', 'G-D-37'].includes(guardrail.id)) expect(outcome.verdict).not.toBe('COMPLIANT');
        }
      });
    });
  }

  it('judge only the types they are for', () => {
    const item = itemOf({ configuration: {}, tags: {}, confirmedDaysAgo: 0 }, 'ext:volume');
    expect(judge(rule('G-D-10'), item, judgingOf({ account: {}, related: [] })).verdict).toBe('NOT_APPLICABLE');
    const table = new RuleTable([rule('G-D-10'), rule('G-D-38'), rule('G-D-37')]);
    expect(table.of('ext:volume').map(({ id }) => id)).toEqual(['G-D-38', 'G-D-37']);
  });

  it('are refused when a file is not understood', () => {
    const text = readFileSync(new URL('./library/G-D-10.yaml', import.meta.url), 'utf8');
    const faults = (from: string, to: string) => {
      const read = readDetectiveGuardrail(text.replace(from, to));
      return read.ok ? [] : read.faults;
    };
    expect(faults('builtin: access-key-age', 'builtin: nothing')).toEqual(['there is no built-in rule nothing']);
    expect(faults('default: 90', 'default: 0')).toEqual(['parameter maxDays: less than 1']);
    expect(faults('behavior: DETECTIVE', 'behavior: PREVENTIVE')).toHaveLength(1);
  });
});

/** Every member of every case as something else. */
function mangled(rows: ReturnType<typeof casesOf>): Record<string, unknown>[] {
  return rows.flatMap(({ configuration }) => [
    Object.fromEntries(Object.keys(configuration).map((name) => [name, { unexpected: true }])),
  ]);
}

describe('packs', () => {
  const packs = readShippedPacks(byId);

  it('name every guardrail once', () => {
    const named = [...packs.values()].flatMap((pack) => pack.rules.map(({ id }) => id));
    expect(named.toSorted()).toEqual(shipped.map(({ id }) => id).toSorted());
  });

  it('hold what every organization must check in the core', () => {
    const core = packs.get('core')!.rules.map(({ id }) => id);
    expect(core).toEqual(
      expect.arrayContaining(['G-D-01', 'G-D-08', 'G-D-10', 'G-D-16', 'G-D-17', 'G-D-28', 'G-D-35', 'G-D-38']),
    );
  });

  it('are refused when they name a rule or a parameter that does not exist', () => {
    const text = readFileSync(new URL('./packs/strict.yaml', import.meta.url), 'utf8');
    expect(readPack(text.replace('G-D-04', 'G-D-99'), byId)).toMatchObject({
      ok: false,
      faults: ['G-D-99 is unknown'],
    });
    expect(readPack(text.replace('minDays: 365', 'days: 365'), byId)).toMatchObject({ ok: false });
  });
});

describe('external types', () => {
  it('are those of the guardrails', () => {
    const types = [...readShippedTypes().keys()];
    const judged = new Set(shipped.flatMap((item) => item.types).filter((type) => type.startsWith('ext:')));
    expect(types.toSorted()).toEqual([...judged].toSorted());
  });
});
