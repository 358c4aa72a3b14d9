import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { compilePolicy, validatePolicy } from '../engine/index.ts';
import { readShippedGuardrails } from './files.ts';
import { readGuardrail } from './load.ts';
import { compileSet, guardrailsOf } from './pack.ts';
import { contextOf, decideUnder, principalNamed } from './testing/decide.ts';
import { knownActions } from './testing/known-actions.ts';

const Case = z.strictObject({
  title: z.string(),
  denied: z.boolean(),
  principal: z.string().default('user'),
  action: z.string(),
  resource: z.string(),
  context: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])).default({}),
  exemptPrincipals: z.array(z.string()).default([]),
});
const cases = (id: string) =>
  z.array(Case).parse(parse(readFileSync(new URL(`./cases/${id}.yaml`, import.meta.url), 'utf8')));

const shipped = [...readShippedGuardrails().values()];
const asDocuments = (guardrail: (typeof shipped)[number]) => {
  const packed = compileSet({ guardrails: [guardrail] });
  if (!packed.ok) throw new Error(packed.faults.join('; '));
  return packed.set.documents;
};

describe('preventive guardrails', () => {
  it('are at least 24, each in a file of its name with a file of cases', () => {
    expect(shipped.length).toBeGreaterThanOrEqual(24);
    const files = readdirSync(new URL('./library/', import.meta.url)).toSorted();
    expect(files).toEqual(shipped.map(({ id }) => `${id}.yaml`).toSorted());
    expect(readdirSync(new URL('./cases/', import.meta.url)).toSorted()).toEqual(files);
  });

  it('have those among them that every organization needs', () => {
    const ids = shipped.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['G-P-02', 'G-P-03', 'G-P-05', 'G-P-08', 'G-P-09', 'G-P-10']));
  });

  it.each(shipped)('$id names actions of the product only', (guardrail) => {
    const known = knownActions();
    for (const { text } of asDocuments(guardrail)) {
      const { Statement } = JSON.parse(text) as { Statement: Record<string, string | string[]>[] };
      const named = Statement.flatMap((statement) => [statement.Action ?? statement.NotAction ?? []].flat());
      for (const action of named) expect(known(action), action).toBe(true);
    }
  });

  it.each(shipped)('$id has no security remark of the validator', (guardrail) => {
    for (const { type, text } of asDocuments(guardrail)) {
      const kind = type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp';
      // The networks of an installation are private ones: it sees its clients directly.
      const remarks = validatePolicy(text, { kind }).filter(
        ({ severity, code }) => severity !== 'suggestion' && code !== 'private-source-ip',
      );
      expect(remarks.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([]);
    }
  });

  for (const guardrail of shipped) {
    describe(`${guardrail.id}: ${guardrail.title}`, () => {
      const rows = cases(guardrail.id);

      it('has a case that is denied and one that passes', () => {
        expect(rows.some(({ denied }) => denied)).toBe(true);
        expect(rows.some(({ denied }) => !denied)).toBe(true);
      });

      it.each(rows)('$title', (row) => {
        const packed = compileSet({
          guardrails: [guardrail],
          parameters: { [guardrail.id]: row.parameters },
          exemptPrincipals: row.exemptPrincipals,
        });
        if (!packed.ok) throw new Error(packed.faults.join('; '));
        const principal = principalNamed(row.principal);
        const { engine, reference } = decideUnder(packed.set.documents, {
          principal,
          action: row.action,
          resource: row.resource,
          context: contextOf(principal, row.context),
        });
        expect(engine.reason).toBe(row.denied ? 'explicit-deny' : 'allow');
        expect(reference.reason).toBe(engine.reason);
        if (row.denied) expect(guardrailsOf(packed.set, engine.matched[0]?.sid)).toEqual([guardrail.id]);
      });
    });
  }

  it('are refused with every fault when a file is not understood', () => {
    const text = readFileSync(new URL('./library/G-P-08.yaml', import.meta.url), 'utf8');
    const faults = (from: string, to: string) => {
      const read = readGuardrail(text.replace(from, to));
      return read.ok ? [] : read.faults;
    };
    expect(faults('Effect: Deny', 'Effect: Allow')).toEqual(['policies: a statement is not a Deny']);
    expect(faults('$param: minDays', '$param: maxDays')[0]).toContain('names no parameter maxDays');
    expect(faults('$param', '$value')[0]).toContain('$value');
    expect(faults('default: 30', 'default: 31')).toEqual(['parameter minDays: more than 30']);
    expect(faults('severity: HIGH', 'severity: GRAVE')[0]).toContain('severity');
    expect(faults('title:', 'titel:').length).toBeGreaterThan(0);
  });

  it('take no value that could widen or escape the policy', () => {
    const guardrail = (id: string) => shipped.find((item) => item.id === id)!;
    const faults = (id: string, values: Record<string, string | number | string[]>) => {
      const packed = compileSet({ guardrails: [guardrail(id)], parameters: { [id]: values } });
      return packed.ok ? [] : packed.faults;
    };
    expect(faults('G-P-08', { minDays: 30 })).toEqual([]);
    expect(faults('G-P-08', { minDays: '30' })).toEqual(['G-P-08: parameter minDays: not a whole number']);
    expect(faults('G-P-08', { days: 30 })).toEqual(['G-P-08: parameter days is unknown']);
    for (const id of ['*', `$\{aws:PrincipalAccount}`, '11112222333?', '"]}']) {
      expect(faults('G-P-25', { accounts: [id] })).toHaveLength(1);
    }
    expect(faults('G-P-12', { specs: ['RSA_*'] })).toHaveLength(1);
    expect(faults('G-P-09', { custodians: ['arn:aws:iam::111122223333:user/eve'] })).toHaveLength(1);
    const exempt = compileSet({ guardrails: [guardrail('G-P-10')], exemptPrincipals: ['*'] });
    expect(exempt).toEqual({ ok: false, faults: ['* is not the ARN of a role'] });
  });

  it('keep a value as one string of the document, quotes and all', () => {
    const guardrail = shipped.find((item) => item.id === 'G-P-34')!;
    const packed = compileSet({ guardrails: [guardrail], parameters: { 'G-P-34': { tags: ['cost center'] } } });
    if (!packed.ok) throw new Error(packed.faults.join('; '));
    const [document] = packed.set.documents;
    expect(JSON.parse(document!.text).Statement).toHaveLength(1);
    expect(JSON.parse(document!.text).Statement[0].Condition.Null).toEqual({ 'aws:RequestTag/cost center': 'true' });
    expect(() => compilePolicy(document!.text, { arn: 'a', kind: 'scp' })).not.toThrow();
  });
});
