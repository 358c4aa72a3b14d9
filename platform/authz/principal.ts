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
  Kind: 'root' | 'user' | 'role';
  PrincipalId: string;
  UserName?: string | undefined;
  RoleName?: string | undefined;
  Tags: Record<string, string>;
  Policies: { Arn: string; Version: string; Name: string; Kind: string; Document: string }[];
  /** Access keys in force: sessions that stem from any other key are void. */
  ActiveAccessKeyIds: string[];
  /** Version of the authorization data the snapshot was read at. */
  Version: number;
}

/** What a session adds to its principal. Undefined where it is asked for: it has ended or never was. */
export interface SessionSnapshot {
  SessionId: string;
  /** Unique id of the user or role, or the account id of the root user. */
  EntityId: string;
  AccountId: string;
  /** Accounts in which something can end the session: its own and that of the access key it stems from. */
  Accounts: string[];
  Name?: string | undefined;
  SourceIdentity?: string | undefined;
  MfaAt?: number | undefined;
  /** Session tags; they win over tags of the same key of the user or role. */
  Tags: Record<string, string>;
  TransitiveTagKeys: string[];
  /** Absent: the session has no session policies; empty: it has some and they are gone. */
  Policies?: PrincipalSnapshot['Policies'] | undefined;
}

export interface Principal {
  /** In a session the tags are those of the session and of its user or role. */
  snapshot: PrincipalSnapshot;
  identity: PolicySet;
  boundary?: PolicySet;
  session?: Session;
  /** `arn@version` of every policy that took part, for the decision record. */
  policyVersions: readonly string[];
}

export interface Session {
  snapshot: SessionSnapshot;
  policies?: PolicySet;
}

const MAX_COMPILED = 20_000;
const compiled = new LRUCache<string, CompiledPolicy>({ max: MAX_COMPILED });

function compile(policy: PrincipalSnapshot['Policies'][number]): CompiledPolicy {
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
    identity: buildPolicySet(of('identity').map(compile)),
    ...(boundary.length > 0 && { boundary: buildPolicySet(boundary.map(compile)) }),
    policyVersions: snapshot.Policies.map((p) => `${p.Arn}@${p.Version}`),
  };
}

export function compileSession(snapshot: SessionSnapshot): Session {
  return { snapshot, ...(snapshot.Policies && { policies: buildPolicySet(snapshot.Policies.map(compile)) }) };
}

/** The principal as it is within one of its sessions. */
export function withSession(principal: Principal, session: Session): Principal {
  const { Tags, Policies = [] } = session.snapshot;
  return {
    ...principal,
    snapshot: { ...principal.snapshot, Tags: mergeTags(principal.snapshot.Tags, Tags) },
    session,
    policyVersions: [...principal.policyVersions, ...Policies.map((p) => `${p.Arn}@${p.Version}`)],
  };
}

/** Tag keys are compared without case, so a session tag replaces a tag that differs from it in case only. */
function mergeTags(own: Record<string, string>, session: Record<string, string>): Record<string, string> {
  const replaced = new Set(Object.keys(session).map((key) => key.toLowerCase()));
  const kept = Object.entries(own).filter(([key]) => !replaced.has(key.toLowerCase()));
  return { ...Object.fromEntries(kept), ...session };
}
