/** Aliases: names of an account for its keys. An alias carries no permission of its own. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, flag, list, PageLimit, PageToken, structure, timestamp } from '../../../platform/contract/shape.ts';
import { ACCOUNT_CONDITIONS, KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { AliasName, KeyIdRef } from './shapes.ts';

const exampleKey = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';

export const CreateAlias = defineOperation({
  name: 'CreateAlias',
  service: 'kms',
  doc: 'Gives a key of the own account a name. Needs the permission on the alias and on the key.',
  input: structure({ AliasName, TargetKeyId: KeyIdRef }),
  errors: managementErrors('AlreadyExists', 'NotFound', 'InvalidAliasName', 'InvalidState', 'LimitExceeded'),
  authz: {
    action: 'kms:CreateAlias',
    alsoChecks: ['kms:CreateAlias'],
    resource: 'kms:alias',
    conditions: KEY_CONDITIONS,
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.CreateAlias' },
  examples: [{ title: 'for a key id', input: { AliasName: 'alias/app', TargetKeyId: exampleKey } }],
});

export const UpdateAlias = defineOperation({
  name: 'UpdateAlias',
  service: 'kms',
  doc: 'Points an alias at another key of the account. Needs the permission on the alias, on the old and on the new key.',
  input: structure({ AliasName, TargetKeyId: KeyIdRef }),
  errors: managementErrors('NotFound', 'InvalidState', 'LimitExceeded'),
  authz: {
    action: 'kms:UpdateAlias',
    alsoChecks: ['kms:UpdateAlias'],
    resource: 'kms:alias',
    conditions: KEY_CONDITIONS,
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.UpdateAlias' },
  examples: [{ title: 'to a key id', input: { AliasName: 'alias/app', TargetKeyId: exampleKey } }],
});

export const DeleteAlias = defineOperation({
  name: 'DeleteAlias',
  service: 'kms',
  doc: 'Removes an alias; its key stays. Needs the permission on the alias and on the key.',
  input: structure({ AliasName }),
  errors: managementErrors('NotFound', 'InvalidState'),
  authz: {
    action: 'kms:DeleteAlias',
    alsoChecks: ['kms:DeleteAlias'],
    resource: 'kms:alias',
    conditions: KEY_CONDITIONS,
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.DeleteAlias' },
  examples: [{ title: 'by name', input: { AliasName: 'alias/app' } }],
});

export const ListAliases = defineOperation({
  name: 'ListAliases',
  service: 'kms',
  doc: 'Lists the aliases of the account of the caller, or of one of its keys, in the order of their names.',
  input: structure({ KeyId: KeyIdRef.optional(), Limit: PageLimit.optional(), Marker: PageToken.optional() }),
  output: structure({
    Aliases: list(
      structure({
        AliasName,
        AliasArn: ArnText,
        TargetKeyId: KeyIdRef,
        CreationDate: timestamp(),
        LastUpdatedDate: timestamp(),
      }),
      0,
      1000,
    ),
    NextMarker: PageToken.optional(),
    Truncated: flag(),
  }),
  errors: managementErrors('InvalidMarker', 'InvalidArn', 'NotFound'),
  authz: { action: 'kms:ListAliases', resource: '*', conditions: ACCOUNT_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListAliases' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 50 },
  examples: [
    { title: 'of the account', input: {} },
    { title: 'of one key', input: { KeyId: exampleKey } },
  ],
});
