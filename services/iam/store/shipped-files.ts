/** Reads the managed policies that ship with the product. They are files, so that they can be reviewed as what they are. */
import { readdirSync, readFileSync } from 'node:fs';
import { compilePolicy } from '../../../policies/engine/index.ts';
import type { ShippedDocument } from '../domain/shipped.ts';

const FOLDER = new URL('../../../policies/managed/', import.meta.url);

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  AdministratorAccess: 'Everything in the account.',
  IAMFullAccess: 'Everything about users, groups, policies and access keys.',
  KeyManagementPowerUser: 'Makes and manages keys without using them.',
  ReadOnlyAccess: 'Looks at everything except what is kept secret.',
  SecurityAudit: 'Reads configuration and records for an audit.',
};

/** Throws when a file does not compile: the product would start with a policy that means nothing. */
export function readShippedDocuments(): ShippedDocument[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.map((file) => {
    const name = file.slice(0, -'.json'.length);
    const document = readFileSync(new URL(file, FOLDER), 'utf8').trim();
    compilePolicy(document, { arn: name, kind: 'identity' });
    return { name, path: '/', description: DESCRIPTIONS[name] ?? '', document };
  });
}
