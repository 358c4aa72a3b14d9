/** A proposed change of policies, and the stack that a decision would have had under it. */
import { type CompiledPolicy, compilePolicy } from '../../../../policies/engine/index.ts';
import { entityId, type RecordedDecision, type RecordedSetting } from './recorded.ts';
import type { Entry, Stack, StackLevel } from './stack.ts';

interface Change {
  operation: 'add' | 'replace' | 'remove';
  /** The proposed document, unless one is only removed. */
  policy: CompiledPolicy | undefined;
}

/** Of a policy of principals. */
export interface PrincipalChange extends Change {
  layer: 'identity' | 'boundary';
  accountId: string;
  /** Unique ids; undefined: every principal of the account. */
  principalIds: ReadonlySet<string> | undefined;
  /** ARN of the policy that is replaced or removed; a boundary needs none. */
  policyArn: string | undefined;
  /** The proposed document as it counts where the policy is granted in a project. */
  grantedIn?: (projectId: string) => CompiledPolicy;
}

/** Of a guardrail at a root, unit or account. */
export interface GuardrailChange extends Change {
  layer: 'scp' | 'rcp';
  /** Undefined: wherever the policy is attached. */
  levelId: string | undefined;
  policyId: string | undefined;
  /** Accounts that stand below the level now: for decisions that were made before any guardrail bound them. */
  reaches: (accountId: string) => boolean;
}

export type ProposedChange = PrincipalChange | GuardrailChange;

/** Whether the change is about the principal or the resource of the decision at all. */
export function concerns(
  change: ProposedChange,
  stack: Stack,
  recorded: RecordedDecision,
  setting: RecordedSetting,
): boolean {
  if (isGuardrail(change)) {
    if (stack[change.layer]) return true;
    const accountId = change.layer === 'scp' ? setting.Principal.AccountId : recorded.ResourceAccount;
    return accountId !== undefined && change.reaches(accountId);
  }
  if (setting.Principal.AccountId !== change.accountId) return false;
  if (change.principalIds === undefined) return true;
  const id = entityId(setting);
  return id !== undefined && change.principalIds.has(id);
}

/**
 * The stack under a change that concerns it. Undefined: nothing of it is there to be changed.
 * `name`: what the proposed document is called in it.
 */
export function underChange(stack: Stack, change: ProposedChange, name: string): Stack | undefined {
  const proposed = change.policy && { name, policy: change.policy };
  if (isGuardrail(change)) return guardrailChanged(stack, change, proposed);
  return change.layer === 'identity'
    ? identityChanged(stack, change, proposed)
    : boundaryChanged(stack, change, proposed);
}

function isGuardrail(change: ProposedChange): change is GuardrailChange {
  return change.layer === 'scp' || change.layer === 'rcp';
}

function identityChanged(stack: Stack, change: PrincipalChange, proposed: Entry | undefined): Stack | undefined {
  const isMeant = (entry: Entry) => arnOf(entry) === change.policyArn;
  // Detached is what holds everywhere; a grant in a project stays. A new document counts for both.
  const isAttached = (entry: Entry) => isMeant(entry) && projectOf(entry) === undefined;
  if (change.operation !== 'replace') {
    const identity = entriesChanged(stack.identity, change.operation, proposed, isAttached);
    return identity && { ...stack, identity };
  }
  const { grantedIn } = change;
  if (!proposed || !stack.identity.some(isMeant)) return undefined;
  const identity = stack.identity.map((entry) => {
    if (!isMeant(entry)) return entry;
    const project = projectOf(entry);
    if (project === undefined) return proposed;
    return { name: `${proposed.name}#${project}`, policy: grantedIn?.(project) };
  });
  return { ...stack, identity };
}

/** A principal has one boundary: adding one replaces what is there. */
function boundaryChanged(stack: Stack, change: PrincipalChange, proposed: Entry | undefined): Stack | undefined {
  const { boundary, ...rest } = stack;
  const isMeant = change.policyArn === undefined || boundary?.some((entry) => arnOf(entry) === change.policyArn);
  if (change.operation === 'add') return proposed && { ...rest, boundary: [proposed] };
  if (!boundary || !isMeant) return undefined;
  return proposed ? { ...rest, boundary: [proposed] } : rest;
}

function guardrailChanged(stack: Stack, change: GuardrailChange, proposed: Entry | undefined): Stack | undefined {
  const levels = stack[change.layer] ?? firstLevels(change);
  let isTouched = false;
  const changed = levels.map((level): StackLevel => {
    if (change.levelId !== undefined && level.id !== change.levelId) return level;
    const isMeant = (entry: Entry) => idOf(entry) === change.policyId;
    const entries = entriesChanged(level.entries, change.operation, proposed, isMeant);
    isTouched ||= entries !== undefined;
    return entries ? { ...level, entries } : level;
  });
  return isTouched ? { ...stack, [change.layer]: changed } : undefined;
}

/** Where no guardrail bound yet, the first one comes beside the one that lets everything through. */
function firstLevels({ layer, levelId }: GuardrailChange): readonly StackLevel[] {
  return levelId === undefined ? [] : [{ id: levelId, entries: [layer === 'scp' ? FULL_SCP : FULL_RCP] }];
}

/** Undefined: nothing of it is there to be replaced or removed. */
function entriesChanged(
  entries: readonly Entry[],
  operation: Change['operation'],
  proposed: Entry | undefined,
  isMeant: (entry: Entry) => boolean,
): readonly Entry[] | undefined {
  if (operation === 'add') return proposed && [...entries, proposed];
  if (!entries.some(isMeant)) return undefined;
  const kept = entries.filter((entry) => !isMeant(entry));
  return proposed ? [...kept, proposed] : kept;
}

/** `arn:aws:iam::1:policy/p` of `arn:aws:iam::1:policy/p@v3`; names of ours hold an @ only there or in names of users. */
export function arnOf({ name }: Entry): string {
  return name.slice(0, name.lastIndexOf('@'));
}

/** The project that a grant holds in: `arn@version#project`. */
function projectOf({ name }: Entry): string | undefined {
  return name.slice(name.lastIndexOf('@')).split('#')[1];
}

/** `p-examplepolicy` of `p-examplepolicy@7`. */
export function idOf({ name }: Entry): string {
  return name.slice(0, name.lastIndexOf('@'));
}

const FULL_SCP = fullAccess('scp', {});
const FULL_RCP = fullAccess('rcp', { Principal: '*' });

function fullAccess(kind: 'scp' | 'rcp', principal: object): Entry {
  const Statement = { Effect: 'Allow', ...principal, Action: '*', Resource: '*' };
  const policy = compilePolicy(
    { Version: '2012-10-17', Statement },
    { arn: `full-access-${kind}`, kind, builtIn: true },
  );
  return { name: `full-access-${kind}`, policy };
}
