/** A principal as policy evaluation needs it: facts and compiled policies, immutable, valid for one policy version. */

import { LRUCache } from 'lru-cache';
import {
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type PolicyKind,
  type PolicySet,
} from '../../policies/engine/index.ts';

/** What the iam service answers about a principal; the compiled form is made by each node for itself. */
export interface PrincipalSnapshot {
  Arn: string;
  AccountId: string;
  Kind: 'root' | 'user';
  PrincipalId: string;
  UserName?: string | undefined;
  Tags: Record<string, string>;
  Policies: { Arn: string; Version: string; Name: string; Kind: string; Document: string }[];
  /** Access keys in force: sessions that stem from any other key are void. */
  ActiveAccessKeyIds: string[];
  /** Version of the authorization data the snapshot was read at. */
  Version: number;
}

export interface Principal {
  snapshot: PrincipalSnapshot;
  identity: PolicySet;
  boundary?: PolicySet;
  /** `arn@version` of every policy that took part, `boundary:` in front of boundaries, for the decision record. */
  policyVersions: readonly string[];
}

const MAX_COMPILED = 20_000;
const compiled = new LRUCache<string, CompiledPolicy>({ max: MAX_COMPILED });

/** A stored policy; one text is compiled once. */
export function compileStored(policy: PrincipalSnapshot['Policies'][number]): CompiledPolicy {
  const key = `${policy.Arn}\n${policy.Version}\n${policy.Document}`;
  let result = compiled.get(key);
  if (!result) {
    result = compilePolicy(policy.Document, {
      arn: policy.Arn,
      version: policy.Version,
      kind: policy.Kind as PolicyKind,
      name: policy.Name,
    });
    compiled.set(key, result);
  }
  return result;
}

export function compilePrincipal(snapshot: PrincipalSnapshot): Principal {
  const of = (kind: PolicyKind) => snapshot.Policies.filter((p) => p.Kind === kind);
  const boundary = of('boundary');
  return {
    snapshot,
    identity: buildPolicySet(of('identity').map(compileStored)),
    ...(boundary.length > 0 && { boundary: buildPolicySet(boundary.map(compileStored)) }),
    policyVersions: snapshot.Policies.map((p) => `${p.Kind === 'identity' ? '' : `${p.Kind}:`}${p.Arn}@${p.Version}`),
  };
}
