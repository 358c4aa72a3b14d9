/** What an operation does to things, told by its name: the formats of others want to know. */
export type Verb = 'create' | 'read' | 'update' | 'delete' | 'other';

const BY_PREFIX: readonly (readonly [Verb, readonly string[]])[] = [
  ['create', ['Create', 'Issue', 'Generate', 'Register', 'Import', 'Upload', 'Wrap']],
  ['delete', ['Delete', 'Revoke', 'Remove', 'Retire', 'Schedule', 'Destroy', 'Deregister', 'Unregister']],
  ['read', ['Get', 'List', 'Describe', 'Lookup', 'Read', 'Find', 'Search', 'Preview', 'Simulate', 'Export', 'Prove']],
  [
    'update',
    [
      'Put',
      'Update',
      'Attach',
      'Detach',
      'Add',
      'Set',
      'Tag',
      'Untag',
      'Enable',
      'Disable',
      'Change',
      'Move',
      'Rotate',
    ],
  ],
];

export function verbOf(name: string, readOnly: boolean): Verb {
  for (const [verb, prefixes] of BY_PREFIX) if (prefixes.some((prefix) => name.startsWith(prefix))) return verb;
  return readOnly ? 'read' : 'other';
}

/** Operations that make a session, as against those that use one. */
const SIGN_INS: ReadonlySet<string> = new Set([
  'GetSessionToken',
  'GetFederationToken',
  'ClaimRootUser',
  'ConsoleLogin',
]);

export function signsIn(name: string): boolean {
  return name.startsWith('AssumeRole') || SIGN_INS.has(name);
}
