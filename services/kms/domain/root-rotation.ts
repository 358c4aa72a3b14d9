/** When root keys may be rotated and retired. A version is in use while any walk over stored rows is not done for the roots now in force. */
import { canonicalRow } from '../../../platform/contract/canonical-row.ts';
import type { RenewalState } from '../../../platform/contract/renewal.ts';
import type { ROOT_VERSION_STATES, ROTATION_STATES } from '../api/root-rotation.ts';
import type { Unsealed } from './rows.ts';

/** What was asked of a version and is done or to be done; versions that nobody asked anything of have no row. */
export interface RootVersionRow {
  version: number;
  state: 'adding' | 'added' | 'retiring' | 'retired';
  /** The account that asked. */
  account_id: string;
  changed_at: number;
  row_mac: Buffer;
}

export function rootVersionRowBytes(row: Unsealed<RootVersionRow>): Buffer {
  return canonicalRow('root-version', [row.version, row.state, row.account_id, row.changed_at]);
}

/** Nodes may still use what they read before it was renewed. */
export const RETIRE_AFTER_MS = 30_000;

export interface RootToken {
  ready: boolean;
  rootVersion: number;
  rootVersions: readonly number[];
}

export interface RootFacts {
  tokens: readonly RootToken[];
  /** Of keys and MACs, as the HSM has it now; undefined: roots were never rotated, and there is no pair. */
  form: string | undefined;
  rows: readonly Unsealed<RootVersionRow>[];
  steps: readonly RenewalState[];
}

export type VersionState = (typeof ROOT_VERSION_STATES)[number];
export type RotationState = (typeof ROTATION_STATES)[number];

export const isRenewed = (step: RenewalState, form: string | undefined) => step.Form === form && step.State === 'done';

const isWorkedOn = ({ state }: Unsealed<RootVersionRow>) => state === 'adding' || state === 'retiring';

/** Why nothing may be done with the root keys now. */
function obstacle({ rows, form, steps }: RootFacts): string | undefined {
  const busy = rows.find(isWorkedOn);
  if (busy) return `root version ${busy.version} is being ${busy.state === 'adding' ? 'added' : 'retired'}`;
  if (form === undefined) return undefined;
  const left = steps.find((step) => !isRenewed(step, form));
  return left && `renewal is not done: ${left.Step}`;
}

export function nextVersion({ tokens, rows }: RootFacts): number {
  return 1 + Math.max(...tokens.map(({ rootVersion }) => rootVersion), ...rows.map(({ version }) => version));
}

export const whyNotStart = obstacle;

export function whyNotRetire(facts: RootFacts, version: number): string | undefined {
  const { tokens, form, steps, rows } = facts;
  if (!tokens.every(({ ready }) => ready)) return 'a token of the HSM is away';
  if (rows.some((row) => row.version === version && row.state === 'retired'))
    return `root version ${version} is retired already`;
  if (!tokens.some(({ rootVersions }) => rootVersions.includes(version)))
    return `root version ${version} does not exist`;
  if (tokens.some(({ rootVersion }) => rootVersion <= version)) return `root version ${version} is in force`;
  const wait = obstacle(facts);
  if (wait !== undefined) return wait;
  if (form === undefined) return 'the form of stored keys is not known';
  const refused = steps.find(({ Refused }) => Refused > 0);
  return refused && `rows that do not verify may need it: ${refused.Step}`;
}

export function versionStates(facts: RootFacts): { RootVersion: number; State: VersionState }[] {
  const { tokens, rows } = facts;
  const known = new Set([...tokens.flatMap(({ rootVersions }) => rootVersions), ...rows.map(({ version }) => version)]);
  for (const { rootVersion } of tokens) known.add(rootVersion);
  return [...known].sort((a, b) => a - b).map((version) => ({ RootVersion: version, State: stateOf(facts, version) }));
}

function stateOf(facts: RootFacts, version: number): VersionState {
  const state = facts.rows.find((row) => row.version === version)?.state;
  if (state === 'retired') return 'Retired';
  if (state === 'retiring') return 'Retiring';
  if (state === 'adding') return 'Adding';
  if (facts.tokens.some(({ rootVersion }) => rootVersion === version)) return 'InForce';
  return whyNotRetire(facts, version) === undefined ? 'Unused' : 'InUse';
}

export function rotationState({ rows, form, steps }: RootFacts): RotationState {
  if (rows.some(({ state }) => state === 'adding')) return 'Adding';
  if (form !== undefined && steps.some((step) => !isRenewed(step, form))) return 'Renewing';
  return rows.some(({ state }) => state === 'retiring') ? 'Retiring' : 'Idle';
}
