import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ReferenceLayers, type ReferencePolicy, referenceEvaluate } from '../reference/evaluate.ts';
import {
  type AuthorizationRequest,
  bindPrincipals,
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  evaluate,
  type Layers,
  type PolicyKind,
  PolicySyntaxError,
  type PrincipalFacts,
} from './index.ts';

/** One row of `testdata/cases/*.json`. Layers are lists of statements; `scp` and `rcp` are lists of levels. */
interface CaseRow {
  readonly case: number;
  readonly title: string;
  readonly expect: { effect: string; reason: string; layer?: string; level?: string } | { invalid: string };
  readonly layers: {
    readonly scp?: readonly LevelRow[];
    readonly rcp?: readonly LevelRow[];
    readonly resourceTrust?: 'normal' | 'explicit';
  } & {
    readonly [kind in 'identity' | 'boundary' | 'session' | 'resource' | 'trust' | 'endpoint']?: readonly object[];
  };
  readonly request: Omit<AuthorizationRequest, 'principal' | 'context'> & {
    readonly principal: string;
    readonly context: Readonly<Record<string, string | string[]>>;
  };
  /** Version of every document; null leaves it out. */
  readonly version?: string | null;
  readonly boundIds?: Readonly<Record<string, string>>;
}
interface LevelRow {
  readonly id: string;
  /** Statement lists, or `full` for the full-access policy. */
  readonly policies: readonly (readonly object[] | 'full')[];
}

const folder = new URL('./testdata/', import.meta.url);
const readData = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const principals = readData('principals.json') as Record<string, PrincipalFacts>;
const files = readdirSync(new URL('cases/', folder)).map((name) => ({
  name,
  rows: readData(`cases/${name}`) as readonly CaseRow[],
}));
const FULL = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };

describe('the cases of the specification', () => {
  it('has all fifty', () => {
    const numbers = new Set(files.flatMap(({ rows }) => rows.map((row) => row.case)));
    for (let number = 1; number <= 50; number++) expect(numbers).toContain(number);
  });

  for (const { name, rows } of files) {
    describe(name, () => {
      for (const row of rows) it(`${row.case}: ${row.title}`, () => checkRow(row));
    });
  }
});

function checkRow(row: CaseRow): void {
  if ('invalid' in row.expect) {
    const code = row.expect.invalid;
    expect(() => compileLayers(row)).toThrow(PolicySyntaxError);
    try {
      compileLayers(row);
    } catch (error) {
      expect((error as PolicySyntaxError).findings.map((finding) => finding.code)).toContain(code);
    }
    return;
  }
  const compiled = compileLayers(row);
  const entries = Object.entries(row.request.context).map(([key, value]) => [key.toLowerCase(), value] as const);
  const request = { ...row.request, principal: principals[row.request.principal]!, context: new Map(entries) };
  const { effect, reason, layer, level } = evaluate(request, engineLayers(row, compiled));
  expect({ effect, reason, layer, level: level?.id }).toMatchObject(row.expect);
  const reference = referenceEvaluate(request, referenceLayers(row, compiled));
  const { levelId, ...rest } = reference;
  expect({ ...rest, level: levelId }).toMatchObject(row.expect);
}

type Compiled = Record<string, CompiledPolicy[] | { id: string; policies: CompiledPolicy[] }[]>;

function compileLayers(row: CaseRow): Compiled {
  const version = row.version === null ? {} : { Version: row.version ?? '2012-10-17' };
  const compile = (statements: readonly object[], kind: PolicyKind, builtIn = false) => {
    const policy = compilePolicy({ ...version, Statement: statements }, { arn: `arn:test:${kind}`, kind, builtIn });
    const ids = row.boundIds;
    return ids ? bindPrincipals(policy, (arn) => ids[arn]) : policy;
  };
  const result: Compiled = {};
  for (const kind of ['scp', 'rcp'] as const) {
    const levels = row.layers[kind]?.map(({ id, policies }) => ({
      id,
      policies: policies.map((policy) => (policy === 'full' ? compile([FULL], kind, true) : compile(policy, kind))),
    }));
    if (levels) result[kind] = levels;
  }
  for (const kind of ['identity', 'boundary', 'session', 'resource', 'trust', 'endpoint'] as const) {
    const statements = row.layers[kind];
    // A trust policy is the resource policy of a role.
    if (statements)
      result[kind === 'trust' ? 'resource' : kind] = statements.length > 0 ? [compile(statements, kind)] : [];
  }
  return result;
}

function engineLayers(row: CaseRow, compiled: Compiled): Layers {
  return mapLayers(row, compiled, buildPolicySet, (id, set) => ({ id, name: id, set })) as Layers;
}

function referenceLayers(row: CaseRow, compiled: Compiled): ReferenceLayers {
  const boundIds = row.boundIds && new Map(Object.entries(row.boundIds));
  const convert = (policies: readonly CompiledPolicy[]) =>
    policies.map(
      (policy): ReferencePolicy => ({
        document: policy.document,
        kind: policy.source.kind,
        ...(boundIds && { boundIds }),
      }),
    );
  return mapLayers(row, compiled, convert, (id, policies) => ({ id, policies })) as ReferenceLayers;
}

function mapLayers<T>(
  row: CaseRow,
  compiled: Compiled,
  convert: (policies: readonly CompiledPolicy[]) => T,
  level: (id: string, converted: T) => object,
): object {
  const layers = Object.entries(compiled).map(([kind, list]) => {
    if (kind !== 'scp' && kind !== 'rcp') return [kind, convert(list as CompiledPolicy[])];
    const levels = list as { id: string; policies: CompiledPolicy[] }[];
    return [kind, levels.map(({ id, policies }) => level(id, convert(policies)))];
  });
  return { ...Object.fromEntries(layers), resourceTrust: row.layers.resourceTrust ?? 'normal' };
}
