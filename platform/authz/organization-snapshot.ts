/**
 * The organization at one revision, immutable: a request takes one of these when it begins and is judged by it alone,
 * so wholly before or wholly after any change. Where accounts stand, what is attached on the way to them and the
 * compiled levels are worked out when they are first asked for and kept as long as the revision.
 *
 * Refuses (throws, which denies) to answer about an account whose way to the root is broken.
 */
import type { Layers, Level, PolicySet } from '../../policies/engine/index.ts';
import { STATE_RULES } from './account-state.ts';
import type { GuardrailSets } from './guardrail-sets.ts';
import { type OrganizationChanges, withChanges } from './organization-changes.ts';
import type {
  AccountState,
  GuardrailType,
  OrganizationAccount,
  OrganizationAttachment,
  OrganizationData,
  OrganizationPolicy,
} from './organization-data.ts';

export type GuardrailLayers = Pick<Layers, 'scp' | 'rcp'>;
type GuardrailLayer = keyof GuardrailLayers;

/** A guardrail that is attached to be observed: what it would deny is told, nothing is refused. */
export interface ObservedGuardrail {
  readonly layer: GuardrailLayer;
  readonly level: { readonly id: string; readonly name: string };
  readonly policyId: string;
  readonly set: PolicySet;
}

/** Where a member stands. */
interface Place {
  /** Of its parent, as condition keys have it: `o-.../r-.../ou-.../`. */
  readonly orgPath: string;
  readonly layers: GuardrailLayers;
  readonly observed: Readonly<Record<GuardrailLayer, readonly ObservedGuardrail[]>>;
}

/** A root, unit or account with what is attached to it. */
interface Node {
  readonly scp: Level;
  readonly rcp: Level;
  readonly observed: Readonly<Record<GuardrailLayer, readonly ObservedGuardrail[]>>;
}

/** No tree is this deep: what is longer has a loop. */
const MAX_DEPTH = 64;
const LAYER_OF: Readonly<Record<GuardrailType, GuardrailLayer>> = {
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
};
const NO_LAYERS: GuardrailLayers = {};

export class OrganizationSnapshot {
  readonly revision: number;
  /** Undefined: there is no organization. */
  readonly id: string | undefined;
  private readonly data: OrganizationData;
  private readonly sets: GuardrailSets;
  private readonly enabled: ReadonlySet<GuardrailLayer>;
  private readonly accounts: ReadonlyMap<string, OrganizationAccount>;
  private readonly units: ReadonlyMap<string, OrganizationData['Units'][number]>;
  private readonly policies: ReadonlyMap<string, OrganizationPolicy>;
  private readonly attachments: ReadonlyMap<string, readonly OrganizationAttachment[]>;
  private readonly nodes = new Map<string, Node>();
  private readonly places = new Map<string, Place>();

  constructor(data: OrganizationData, sets: GuardrailSets) {
    this.revision = data.Revision;
    this.id = data.Organization?.Id;
    this.data = data;
    this.sets = sets;
    this.enabled = new Set(data.EnabledPolicyTypes.map((type) => LAYER_OF[type]));
    this.accounts = new Map(data.Accounts.map((account) => [account.Id, account]));
    this.units = new Map(data.Units.map((unit) => [unit.Id, unit]));
    this.policies = new Map(data.Policies.map((policy) => [policy.Id, policy]));
    this.attachments = byTarget(data.Attachments);
  }

  /** The organization after changes that begin at this revision. */
  changed(changes: OrganizationChanges): OrganizationSnapshot {
    return new OrganizationSnapshot(withChanges(this.data, changes), this.sets);
  }

  /** An account that org does not list stands alone and is active. */
  stateOf(accountId: string): AccountState {
    return this.accounts.get(accountId)?.State ?? 'ACTIVE';
  }

  isMember(accountId: string): boolean {
    return this.memberOf(accountId) !== undefined;
  }

  get managementAccountId(): string | undefined {
    return this.data.Organization?.ManagementAccountId;
  }

  /** Whether others may use what the account owns, as far as its state goes. */
  sharesWithOthers(accountId: string): boolean {
    const account = this.accounts.get(accountId);
    if (!account) return true;
    const { use } = STATE_RULES[account.State];
    return use === 'yes' || (use === 'kept' && account.KeepCrossAccountUse);
  }

  /** Whether the root user can be claimed. */
  canBeClaimed(accountId: string): boolean {
    return STATE_RULES[this.stateOf(accountId)].claim;
  }

  /** Whether waiting times before a destruction run on. */
  timersRun(accountId: string): boolean {
    return STATE_RULES[this.stateOf(accountId)].timersRun;
  }

  /** `aws:PrincipalOrgPaths`, `aws:ResourceOrgPaths`; undefined for whoever is no member. */
  orgPath(accountId: string): string | undefined {
    return this.isMember(accountId) ? this.place(accountId).orgPath : undefined;
  }

  /** What binds the principals of one account on the resources of another (spec org 3.3). */
  guardrails(principalAccount: string, resourceAccount: string): GuardrailLayers {
    const scp = this.isBound(principalAccount) ? this.place(principalAccount).layers.scp : undefined;
    const rcp = this.isBound(resourceAccount) ? this.place(resourceAccount).layers.rcp : undefined;
    if (!scp && !rcp) return NO_LAYERS;
    return { ...(scp && { scp }), ...(rcp && { rcp }) };
  }

  observed(principalAccount: string, resourceAccount: string): readonly ObservedGuardrail[] {
    const scp = this.isBound(principalAccount) ? this.place(principalAccount).observed.scp : [];
    const rcp = this.isBound(resourceAccount) ? this.place(resourceAccount).observed.rcp : [];
    return rcp.length === 0 ? scp : [...rcp, ...scp];
  }

  /** Every account of the organization, in order. */
  memberIds(): readonly string[] {
    return [...this.accounts.keys()].filter((id) => this.isMember(id)).sort();
  }

  /** Whether guardrails at the root, unit or account bind the account. */
  isBoundBy(nodeId: string, accountId: string): boolean {
    return this.isBound(accountId) && this.pathTo(accountId).includes(nodeId);
  }

  /** A root, unit or member. */
  hasNode(id: string): boolean {
    return id === this.data.Organization?.RootId || this.units.has(id) || this.isMember(id);
  }

  /** As it is written now. */
  policy(id: string): OrganizationPolicy | undefined {
    return this.policies.get(id);
  }

  /** Members are bound, their root users included; the management account is not. */
  private isBound(accountId: string): boolean {
    return accountId !== this.data.Organization?.ManagementAccountId && this.isMember(accountId);
  }

  private memberOf(accountId: string): OrganizationAccount | undefined {
    const account = this.accounts.get(accountId);
    return account?.ParentId !== undefined && this.data.Organization ? account : undefined;
  }

  private place(accountId: string): Place {
    let place = this.places.get(accountId);
    if (!place) {
      place = this.findPlace(accountId);
      this.places.set(accountId, place);
    }
    return place;
  }

  private findPlace(accountId: string): Place {
    const path = this.pathTo(accountId);
    const nodes = path.map((id) => this.node(id));
    return {
      orgPath: `${[this.id, ...path.slice(0, -1)].join('/')}/`,
      layers: {
        ...(this.enabled.has('scp') && { scp: nodes.map((node) => node.scp) }),
        ...(this.enabled.has('rcp') && { rcp: nodes.map((node) => node.rcp) }),
      },
      observed: {
        scp: this.enabled.has('scp') ? nodes.flatMap((node) => node.observed.scp) : [],
        rcp: this.enabled.has('rcp') ? nodes.flatMap((node) => node.observed.rcp) : [],
      },
    };
  }

  /** Ids from the root to the account. */
  private pathTo(accountId: string): string[] {
    const rootId = this.data.Organization?.RootId;
    const path = [accountId];
    let parent = this.memberOf(accountId)?.ParentId;
    while (parent !== rootId) {
      const unit = parent === undefined ? undefined : this.units.get(parent);
      if (!unit || path.length > MAX_DEPTH) throw new Error(`account ${accountId} has no way to the root`);
      path.push(unit.Id);
      parent = unit.ParentId;
    }
    path.push(rootId as string);
    return path.reverse();
  }

  private node(id: string): Node {
    let node = this.nodes.get(id);
    if (!node) {
      node = this.readNode(id);
      this.nodes.set(id, node);
    }
    return node;
  }

  private readNode(id: string): Node {
    const name = id === this.data.Organization?.RootId ? 'Root' : (this.units.get(id)?.Name ?? id);
    const level = { id, name };
    const enforced: Record<GuardrailLayer, OrganizationPolicy[]> = { scp: [], rcp: [] };
    const observed: Record<GuardrailLayer, ObservedGuardrail[]> = { scp: [], rcp: [] };
    for (const { PolicyId, Mode } of this.attachments.get(id) ?? []) {
      const policy = this.policies.get(PolicyId);
      // A Deny that cannot be found must not become a permission.
      if (!policy) throw new Error(`guardrail ${PolicyId} is attached to ${id} and does not exist`);
      const layer = LAYER_OF[policy.Type];
      if (Mode === 'enforce') {
        enforced[layer].push(policy);
        continue;
      }
      const set = this.sets.single(policy);
      if (set) observed[layer].push({ layer, level, policyId: PolicyId, set });
    }
    return {
      scp: { ...level, set: this.sets.union(enforced.scp) },
      rcp: { ...level, set: this.sets.union(enforced.rcp) },
      observed,
    };
  }
}

function byTarget(attachments: readonly OrganizationAttachment[]): Map<string, OrganizationAttachment[]> {
  const targets = new Map<string, OrganizationAttachment[]>();
  for (const attachment of attachments) {
    const known = targets.get(attachment.TargetId);
    if (known) known.push(attachment);
    else targets.set(attachment.TargetId, [attachment]);
  }
  return targets;
}
