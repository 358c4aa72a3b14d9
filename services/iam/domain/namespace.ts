/** Action namespaces of applications: their names live beside the product's own, never inside them. */
export interface Definition {
  Actions: { Name: string; ResourceTypes?: string[] | undefined }[];
  ConditionKeys?: string[] | undefined;
  /** Lower-case action names, for lookups. */
  names: ReadonlySet<string>;
}

/** Prefixes that mean something to clients already, ours and AWS's: an application may not take them. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['iam', 'sts', 'kms', 'authz', 'audit', 'parapet', 'aws'],
  ...['secretsmanager', 'ccms', 'acm-pca', 'acm', 'pca', 'organizations', 'org', 'config', 'cloudtrail'],
  ...['sso', 'signin', 'rolesanywhere', 'controltower', 'access-analyzer'],
]);

export type NamespaceProblem = { member: 'Name' | 'Actions' | 'ConditionKeys'; taken?: true; message: string };

export function checkNamespace(
  name: string,
  actions: Definition['Actions'],
  conditionKeys: readonly string[],
  productPrefixes: readonly string[],
): NamespaceProblem | undefined {
  if (RESERVED.has(name) || productPrefixes.includes(name) || name.startsWith('aws-') || name.startsWith('parapet-'))
    return { member: 'Name', taken: true, message: `namespace ${name} belongs to the product` };
  const seen = new Set<string>();
  for (const { Name } of actions) {
    const key = Name.toLowerCase();
    if (seen.has(key)) return { member: 'Actions', message: `action ${Name} is declared twice` };
    seen.add(key);
  }
  const foreign = conditionKeys.find((key) => !key.toLowerCase().startsWith(`${name}:`));
  if (foreign !== undefined)
    return { member: 'ConditionKeys', message: `condition key ${foreign} does not begin with ${name}:` };
  return undefined;
}

export function writeDefinition(actions: Definition['Actions'], conditionKeys: readonly string[] | undefined): string {
  return JSON.stringify({ Actions: actions, ...(conditionKeys && { ConditionKeys: conditionKeys }) });
}

export function parseDefinition(text: string): Definition {
  const value = JSON.parse(text) as Omit<Definition, 'names'>;
  return { ...value, names: new Set(value.Actions.map((action) => action.Name.toLowerCase())) };
}
