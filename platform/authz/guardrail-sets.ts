/**
 * Compiled guardrails of this node. Guarantees that a document is compiled and indexed once, however many units and
 * accounts it is attached to and however often the organization changes; that a document which cannot be read allows
 * nothing at the levels it is attached to.
 */
import { LRUCache } from 'lru-cache';
import { buildPolicySet, compilePolicy, joinPolicySets, type PolicySet } from '../../policies/engine/index.ts';
import type { OrganizationPolicy } from './organization-data.ts';

const MAX_POLICIES = 20_000;

/** Nothing is allowed by it, so a level that has it denies. */
const NOTHING = buildPolicySet([]);

export class GuardrailSets {
  private readonly compiled = new LRUCache<string, PolicySet>({ max: MAX_POLICIES });
  /** The same by object: within one revision of the organization nothing is compared. */
  private readonly known = new WeakMap<OrganizationPolicy, PolicySet>();
  private readonly onUnreadable: (policyArn: string, error: unknown) => void;

  constructor(onUnreadable: (policyArn: string, error: unknown) => void) {
    this.onUnreadable = onUnreadable;
  }

  /** One unreadable document makes the whole union allow nothing. */
  union(policies: readonly OrganizationPolicy[]): PolicySet {
    const parts = policies.map((policy) => this.compile(policy));
    return parts.includes(NOTHING) ? NOTHING : joinPolicySets(parts);
  }

  /** For what is observed only; undefined when the document cannot be read: nothing can be said about it. */
  single(policy: OrganizationPolicy): PolicySet | undefined {
    const set = this.compile(policy);
    return set === NOTHING ? undefined : set;
  }

  private compile(policy: OrganizationPolicy): PolicySet {
    const known = this.known.get(policy);
    if (known) return known;
    const key = `${policy.Arn}@${policy.Version}`;
    const set = this.compiled.get(key) ?? this.read(policy);
    this.compiled.set(key, set);
    this.known.set(policy, set);
    return set;
  }

  private read(policy: OrganizationPolicy): PolicySet {
    try {
      const compiled = compilePolicy(policy.Document, {
        arn: policy.Arn,
        version: policy.Version,
        name: policy.Name,
        kind: policy.Type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp',
        builtIn: isShipped(policy.Arn),
      });
      return buildPolicySet([compiled]);
    } catch (error) {
      this.onUnreadable(policy.Arn, error);
      return NOTHING;
    }
  }
}

/** `arn:aws:organizations::aws:policy/...`: no account can own such an ARN. */
function isShipped(arn: string): boolean {
  return arn.split(':')[4] === 'aws';
}
