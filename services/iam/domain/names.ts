/** Names and ARNs of iam. Uniqueness ignores ASCII letter case; everything else compares exact bytes (class C01). */
import { parseArn } from '../../../platform/contract/arn.ts';

/**
 * The key a name is unique under. Only A-Z change: `String.toLowerCase` would also fold U+212A to `k`, so that two
 * names that no validation lets through could meet.
 */
export function nameKey(name: string): string {
  let out = '';
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    out += code >= 65 && code <= 90 ? String.fromCharCode(code + 32) : name[i];
  }
  return out;
}

export interface ArnScope {
  partition: string;
  accountId: string;
}

const iam = (scope: ArnScope, resource: string) => `arn:${scope.partition}:iam::${scope.accountId}:${resource}`;

const sts = (scope: ArnScope, resource: string) => `arn:${scope.partition}:sts::${scope.accountId}:${resource}`;

export function isAccountId(id: string): boolean {
  return /^\d{12}$/.test(id);
}

export const rootArn = (scope: ArnScope) => iam(scope, 'root');
export const userArn = (scope: ArnScope, path: string, name: string) => iam(scope, `user${path}${name}`);
export const groupArn = (scope: ArnScope, path: string, name: string) => iam(scope, `group${path}${name}`);
/** Role sessions are named without the path of their role. */
export const assumedRoleArn = (scope: ArnScope, roleName: string, session: string) =>
  sts(scope, `assumed-role/${roleName}/${session}`);
export const federatedUserArn = (scope: ArnScope, name: string) => sts(scope, `federated-user/${name}`);
export const roleArn = (scope: ArnScope, path: string, name: string) => iam(scope, `role${path}${name}`);
export const mfaArn = (scope: ArnScope, path: string, name: string) => iam(scope, `mfa${path}${name}`);
export const policyArn = (scope: ArnScope, path: string, name: string) => iam(scope, `policy${path}${name}`);
export const projectArn = (scope: ArnScope, projectId: string) => iam(scope, `enterprise-project/${projectId}`);
/** Inline policies have no ARN at AWS; ours names them in decisions and denials. Names hold no `/`: one reading only. */
export const inlinePolicyArn = (scope: ArnScope, owner: 'user' | 'group' | 'role', ownerName: string, name: string) =>
  iam(scope, `${owner}-policy/${ownerName}/${name}`);
/** The session policy that was handed over when the session was made; it has no ARN at AWS either. */
export const sessionPolicyArn = (scope: ArnScope, sessionId: string) => sts(scope, `session-policy/${sessionId}`);
export const sessionArn = (scope: ArnScope, sessionId: string) => sts(scope, `session/${sessionId}`);
/** Id of the session that the policy was handed over to. */
export function parseSessionPolicyArn(text: string, scope: ArnScope): string | undefined {
  const start = sessionPolicyArn(scope, '');
  return text.startsWith(start) ? text.slice(start.length) : undefined;
}
/** What an inline policy of ours belongs to; undefined: the ARN is of something else. */
export function inlinePolicyName(arn: string): { owner: string; ownerName: string; name: string } | undefined {
  const [type, ownerName, name] = parseArn(arn)?.resource.split('/') ?? [];
  if (!type?.endsWith('-policy') || !ownerName || !name) return undefined;
  return { owner: type.slice(0, -'-policy'.length), ownerName, name };
}
export const namespaceArn = (scope: ArnScope & { region: string }, name: string) =>
  `arn:${scope.partition}:authz:${scope.region}:${scope.accountId}:namespace/${name}`;

/** Name of the namespace an ARN names in this account and region. */
export function parseNamespaceArn(text: string, scope: ArnScope & { region: string }): string | undefined {
  const start = namespaceArn(scope, '');
  return text.startsWith(start) && text.length > start.length ? text.slice(start.length) : undefined;
}

export interface PathName {
  path: string;
  name: string;
}

/** The policy an ARN names in this account; undefined: it is not a policy of this account. */
export function parsePolicyArn(arn: string, scope: ArnScope): PathName | undefined {
  return parseNamed(arn, scope, 'policy');
}

export function parseUserArn(arn: string, scope: ArnScope): PathName | undefined {
  return parseNamed(arn, scope, 'user');
}

export function parseGroupArn(arn: string, scope: ArnScope): PathName | undefined {
  return parseNamed(arn, scope, 'group');
}

export function parseRoleArn(arn: string, scope: ArnScope): PathName | undefined {
  return parseNamed(arn, scope, 'role');
}

/** The role a session ARN names: the path of the role is not in it. */
export function parseAssumedRoleArn(text: string, scope: ArnScope): { roleName: string; session: string } | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'sts' || arn.partition !== scope.partition || arn.region !== '') return undefined;
  if (arn.accountId !== scope.accountId) return undefined;
  const [type, roleName, session, ...rest] = arn.resource.split('/');
  if (type !== 'assumed-role' || !roleName || !session || rest.length > 0) return undefined;
  return { roleName, session };
}

function parseNamed(text: string, scope: ArnScope, type: string): PathName | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'iam' || arn.partition !== scope.partition || arn.region !== '') return undefined;
  if (arn.accountId !== scope.accountId || !arn.resource.startsWith(`${type}/`)) return undefined;
  const end = arn.resource.lastIndexOf('/');
  const name = arn.resource.slice(end + 1);
  return name === '' ? undefined : { path: arn.resource.slice(type.length, end + 1), name };
}

/** `v3` to 3; undefined for anything that is not a version of ours. */
export function parseVersionId(text: string): number | undefined {
  if (!/^v[1-9][0-9]{0,8}$/.test(text)) return undefined;
  return Number(text.slice(1));
}
