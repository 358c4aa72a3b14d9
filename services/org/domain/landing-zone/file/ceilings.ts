/**
 * The guardrails of a landing zone as policies: sets of shipped guardrails are packed into documents, policies of the
 * file are taken as they are. What comes out is what will be attached, so every fault of it is found here.
 */
import { compilePolicy, PolicySyntaxError } from '../../../../../policies/engine/index.ts';
import type { Guardrail, ParameterValue } from '../../../../../policies/guardrails/guardrail.ts';
import { compileSet, type GuardrailSet } from '../../../../../policies/guardrails/pack.ts';
import type { GuardrailSetFile, LandingZone, PolicyFile } from '../../../api/landing-zone/file.ts';
import type { Fault, PathStep } from './finding.ts';
import { listUnits, ROOT } from './tree.ts';

export type CeilingType = PolicyFile['type'];

export interface Ceiling {
  /** Of a policy its key; of the first document of a set `<set>.scp-1`. */
  key: string;
  name: string;
  description: string;
  type: CeilingType;
  content: string;
  mode: 'observe' | 'enforce';
  /** Keys of root, units and accounts. */
  targets: readonly string[];
  /** Takes the place of the policy that allows everything. */
  allowList: boolean;
  /** The set it is a part of. */
  set?: string;
  path: readonly PathStep[];
}

export type GuardrailLibrary = ReadonlyMap<string, Guardrail>;

const SHORT: Readonly<Record<CeilingType, string>> = {
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
};

export interface Ceilings {
  ceilings: Ceiling[];
  faults: Fault[];
}

export function ceilingsOf(file: LandingZone, library: GuardrailLibrary, maxBytes: number): Ceilings {
  const faults: Fault[] = [];
  const targets = targetsBySet(file);
  const ceilings: Ceiling[] = file.guardrailSets.flatMap((set, i) => {
    const path = ['guardrailSets', i];
    const packed = packSet(file, set, library, maxBytes, path);
    faults.push(...packed.faults);
    return packed.documents.map((document) => ({
      ...document,
      mode: set.mode,
      targets: targets.get(set.key) ?? [],
      allowList: false,
      set: set.key,
      path,
    }));
  });
  file.policies.forEach((policy, i) => {
    const path = ['policies', i];
    const read = readPolicy(policy, maxBytes, path);
    if ('content' in read) ceilings.push(read);
    else faults.push(...read.faults);
  });
  return { ceilings, faults };
}

/** Where the sets are wanted: `guardrails` of the root, of units and of accounts. */
function targetsBySet(file: LandingZone): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  const add = (target: string, sets: readonly string[]) => {
    for (const set of sets) targets.set(set, [...(targets.get(set) ?? []), target]);
  };
  add(ROOT, file.root.guardrails);
  for (const { unit } of listUnits(file)) add(unit.key, unit.guardrails);
  for (const account of file.accounts) add(account.key, account.guardrails);
  return targets;
}

type SetDocument = Pick<Ceiling, 'key' | 'name' | 'description' | 'type' | 'content'>;

function packSet(
  file: LandingZone,
  set: GuardrailSetFile,
  library: GuardrailLibrary,
  maxBytes: number,
  path: readonly PathStep[],
): { documents: SetDocument[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const guardrails = set.include.flatMap((id, i) => {
    const found = library.get(id);
    if (!found)
      faults.push({ code: 'unknown-guardrail', message: `there is no guardrail ${id}`, path: [...path, 'include', i] });
    return found ?? [];
  });
  const parameters = setParameters(file, set, guardrails, path, faults);
  const exemptPrincipals = set.exemptPrincipals.flatMap((name, i) => {
    if (name !== 'breakGlass') return [name];
    if (file.breakGlass) return [`arn:*:iam::*:role/${file.breakGlass.role}`];
    const at = [...path, 'exemptPrincipals', i];
    faults.push({ code: 'no-break-glass', message: 'the file names no break-glass role', path: at });
    return [];
  });
  if (faults.length > 0) return { documents: [], faults };
  const packed = compileSet({ guardrails, parameters, exemptPrincipals }, maxBytes);
  if (!packed.ok)
    return { documents: [], faults: packed.faults.map((message) => ({ code: 'guardrail-set', message, path })) };
  const numbers = new Map<CeilingType, number>();
  const documents = packed.set.documents.map(({ type, text }): SetDocument => {
    const number = (numbers.get(type) ?? 0) + 1;
    numbers.set(type, number);
    return {
      key: `${set.key}.${SHORT[type]}-${number}`,
      name: `guardrails-${set.key}-${SHORT[type]}-${number}`,
      description: `Guardrail set ${set.key} of the landing zone`,
      type,
      content: text,
    };
  });
  return { documents, faults };
}

/** By name for every guardrail that has it, or by guardrail; the permitted regions of the settings where none are given. */
function setParameters(
  file: LandingZone,
  set: GuardrailSetFile,
  guardrails: readonly Guardrail[],
  path: readonly PathStep[],
  faults: Fault[],
): NonNullable<GuardrailSet['parameters']> {
  const out: Record<string, Record<string, ParameterValue>> = {};
  const put = (id: string, name: string, value: unknown) => {
    out[id] = { ...out[id], [name]: value as ParameterValue };
  };
  const { allowedRegions } = file.settings;
  for (const { id, parameters } of guardrails)
    for (const [name, { form }] of Object.entries(parameters))
      if (form === 'region' && allowedRegions) put(id, name, allowedRegions);
  for (const [name, value] of Object.entries(set.parameters)) {
    const at = [...path, 'parameters', name];
    if (typeof value === 'object' && !Array.isArray(value)) {
      if (!guardrails.some(({ id }) => id === name))
        faults.push({
          code: 'unknown-parameter',
          message: `${name} is no guardrail of the set`,
          path: at,
          onKey: true,
        });
      for (const [inner, innerValue] of Object.entries(value)) put(name, inner, innerValue);
      continue;
    }
    const having = guardrails.filter(({ parameters }) => Object.hasOwn(parameters, name));
    if (having.length === 0)
      faults.push({
        code: 'unknown-parameter',
        message: `no guardrail of the set has a parameter ${name}`,
        path: at,
        onKey: true,
      });
    for (const { id } of having) put(id, name, value);
  }
  return out;
}

function readPolicy(policy: PolicyFile, maxBytes: number, path: readonly PathStep[]): Ceiling | { faults: Fault[] } {
  const at = [...path, 'document'];
  const fault = (code: string, message: string) => ({ faults: [{ code, message, path: at }] });
  if (policy.file !== undefined && policy.document !== undefined)
    return fault('file-and-document', 'the policy has a file and a document');
  if (policy.document === undefined)
    return fault('missing-field', 'the policy has neither a file that was read nor a document');
  const content = minified(policy.document);
  if (content === undefined) return fault('not-json', 'the document is not JSON');
  const bytes = new TextEncoder().encode(content).length;
  if (bytes > maxBytes) return fault('policy-size', `the document has ${bytes} bytes, the limit is ${maxBytes}`);
  const kind = policy.type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp';
  try {
    const text = typeof policy.document === 'string' ? policy.document : content;
    const compiled = compilePolicy(text, { arn: 'arn:landing-zone', kind });
    const allows = compiled.document.statements.some(({ effect }) => effect === 'Allow');
    if (policy.strategy === 'allow-list' && !allows)
      return fault('no-allow', 'an allow list without an Allow would deny everything');
  } catch (cause) {
    if (!(cause instanceof PolicySyntaxError)) throw cause;
    return {
      faults: cause.findings
        .filter(({ severity }) => severity === 'error')
        .map((finding) => ({
          code: 'policy-document',
          message: `${finding.message} at ${finding.pointer || 'the document'} (line ${finding.line}, column ${finding.column} of the document)`,
          path: at,
        })),
    };
  }
  return {
    key: policy.key,
    name: policy.name ?? policy.key,
    description: policy.description,
    type: policy.type,
    content,
    mode: policy.mode,
    targets: policy.attach,
    allowList: policy.strategy === 'allow-list',
    path,
  };
}

/** Undefined: not JSON. */
function minified(document: string | Record<string, unknown>): string | undefined {
  if (typeof document !== 'string') return JSON.stringify(document);
  try {
    return JSON.stringify(JSON.parse(document));
  } catch {
    return undefined;
  }
}
