/** Services that an organization can trust: ours, under the names AWS clients know them by. */
const SERVICES = [
  'iam',
  'kms',
  'secretsmanager',
  'acm-pca',
  'organizations',
  'audit',
  'cloudtrail',
  'config',
  'controltower',
  'sso',
  'ram',
  'access-analyzer',
] as const;

const KNOWN: ReadonlySet<string> = new Set([
  ...SERVICES.map((name) => `${name}.amazonaws.com`),
  // The services' own names.
  ...['ccms', 'pca', 'org'].map((name) => `${name}.amazonaws.com`),
]);

export function isServicePrincipal(name: string): boolean {
  return KNOWN.has(name);
}
