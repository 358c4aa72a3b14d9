/** Ids, ARNs and names of the organization. */

/**
 * What a name is unique under: two names that a person would read as the same are the same. Compatibility forms,
 * letter case and white space make no difference.
 */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().trim().split(/\s+/).join(' ');
}

/** What an e-mail address is unique under. */
export function emailKey(email: string): string {
  return email.toLowerCase();
}

export interface ArnScope {
  partition: string;
  managementAccountId: string;
  organizationId: string;
}

const organizations = (scope: ArnScope, resource: string) =>
  `arn:${scope.partition}:organizations::${scope.managementAccountId}:${resource}`;

export const organizationArn = (s: ArnScope) => organizations(s, `organization/${s.organizationId}`);
export const rootArn = (s: ArnScope, id: string) => organizations(s, `root/${s.organizationId}/${id}`);
export const unitArn = (s: ArnScope, id: string) => organizations(s, `ou/${s.organizationId}/${id}`);
export const accountArn = (s: ArnScope, id: string) => organizations(s, `account/${s.organizationId}/${id}`);
export const policyArn = (s: ArnScope, type: string, id: string) =>
  organizations(s, `policy/${s.organizationId}/${type.toLowerCase()}/${id}`);
export const shippedPolicyArn = (partition: string, type: string, id: string) =>
  `arn:${partition}:organizations::aws:policy/${type.toLowerCase()}/${id}`;
export const handshakeArn = (s: ArnScope, id: string) => organizations(s, `handshake/${s.organizationId}/invite/${id}`);
export const resourcePolicyArn = (s: ArnScope, id: string) =>
  organizations(s, `resourcepolicy/${s.organizationId}/${id}`);

export type NodeKind = 'root' | 'unit' | 'account';

/** What an id names, by its form alone. */
export function kindOfId(id: string): NodeKind {
  if (id.startsWith('r-')) return 'root';
  return id.startsWith('ou-') ? 'unit' : 'account';
}

export function nodeArn(scope: ArnScope, id: string): string {
  const kind = kindOfId(id);
  if (kind === 'root') return rootArn(scope, id);
  return kind === 'unit' ? unitArn(scope, id) : accountArn(scope, id);
}

export const NODE_TYPES = { root: 'ROOT', unit: 'ORGANIZATIONAL_UNIT', account: 'ACCOUNT' } as const;

/** Types of nodes in records. */
export const NODE_RESOURCE_TYPES = {
  root: 'AWS::Organizations::Root',
  unit: 'AWS::Organizations::OrganizationalUnit',
  account: 'AWS::Organizations::Account',
} as const;

/** The path as conditions compare it; `path`: ids from the root down, joined by `/`. */
export function pathOf(organizationId: string, path: string): string {
  return `${organizationId}/${path}/`;
}
