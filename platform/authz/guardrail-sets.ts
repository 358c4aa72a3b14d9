/**
 * Compiled guardrails of this node. Guarantees that a document is compiled once and a combination of documents indexed
 * once, however many units and accounts share it and however often the organization changes; that a document which
 * cannot be read allows nothing at the levels it is attached to.
 */
import { LRUCache } from 'lru-cache';
import { buildPolicySet, type CompiledPolicy, compilePolicy, type PolicySet } from '../../policies/engine/index.ts';
import type { OrganizationPolicy } from './organization-data.ts';

const MAX_POLICIES = 20_000;
const MAX_SETS = 50_000;

/** Nothing is allowed by it, so a level that has it denies. */
const NOTHING = buildPolicySet([]);
const UNREADABLE = 'unreadable';

export class GuardrailSets {
  private readonly compiled = new LRUCache<string, CompiledPolicy | typeof UNREADABLE>({ max: MAX_POLICIES });
  private readonly sets = new LRUCache<string, PolicySet>({ max: MAX_SETS });
  private readonly onUnreadable: (policyArn: string, error: unknown) => void;

  constructor(onUnreadable: (policyArn: string, error: unknown) => void) {
    this.onUnreadable = onUnreadable;
  }

  /** The union of the policies. One unreadable document makes the whole union allow nothing. */
  union(policies: readonly OrganizationPolicy[]): PolicySet {
    const key = policies.map(identityOf).sort().join('\n');
    let set = this.sets.get(key);
    if (!set) {
      const parts = policies.map((policy) => this.compile(policy));
      set = parts.includes(UNREADABLE) ? NOTHING : buildPolicySet(parts as CompiledPolicy[]);
      this.sets.set(key, set);
    }
    return set;
  }

  /** For what is observed only; undefined when the document cannot be read: nothing can be said about it. */
  single(policy: OrganizationPolicy): PolicySet | undefined {
    return this.compile(policy) === UNREADABLE ? undefined : this.union([policy]);
  }

  private compile(policy: OrganizationPolicy): CompiledPolicy | typeof UNREADABLE {
    const key = identityOf(policy);
    let result = this.compiled.get(key);
    if (!result) {
      result = this.read(policy);
      this.compiled.set(key, result);
    }
    return result;
  }

  private read(policy: OrganizationPolicy): CompiledPolicy | typeof UNREADABLE {
    try {
      return compilePolicy(policy.Document, {
        arn: policy.Arn,
        version: policy.Version,
        name: policy.Name,
        kind: policy.Type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp',
        builtIn: isShipped(policy.Arn),
      });
    } catch (error) {
      this.onUnreadable(policy.Arn, error);
      return UNREADABLE;
    }
  }
}

function identityOf(policy: OrganizationPolicy): string {
  return `${policy.Arn}@${policy.Version}`;
}

/** `arn:aws:organizations::aws:policy/...`: no account can own such an ARN. */
function isShipped(arn: string): boolean {
  return arn.split(':')[4] === 'aws';
}
