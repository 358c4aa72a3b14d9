/** Resource policies: who may use a secret, beside the policies of the callers. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { flag, list, policyDocument, structure, text } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, readErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import { named, SecretId } from './shapes.ts';

const ResourcePolicy = policyDocument(20_480);
const example = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    },
  ],
});

export const PutResourcePolicy = defineOperation({
  ...vault('management'),
  name: 'PutResourcePolicy',
  doc: 'Replaces the resource policy of a secret. Refused when the caller could not do so again under the new policy, and when it lets everybody in while that is blocked.',
  input: structure({ SecretId, ResourcePolicy, BlockPublicPolicy: flag().optional() }),
  output: structure(named),
  errors: changeErrors('MalformedPolicyDocument', 'PublicPolicy'),
  authz: {
    action: 'secretsmanager:PutResourcePolicy',
    resource: 'secretsmanager:secret',
    conditions: [...SECRET_CONDITIONS, 'secretsmanager:BlockPublicPolicy'],
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.PutResourcePolicy` },
  examples: [{ title: 'the account reads', input: { SecretId: 'shop/db', ResourcePolicy: example } }],
});

export const GetResourcePolicy = defineOperation({
  ...vault('management'),
  name: 'GetResourcePolicy',
  doc: 'Answers the resource policy of a secret, as it was written; nothing when it has none.',
  input: structure({ SecretId }),
  output: structure({ ...named, ResourcePolicy: ResourcePolicy.optional() }),
  errors: readErrors('InvalidRequest'),
  authz: {
    action: 'secretsmanager:GetResourcePolicy',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'read',
  aws: { protocol: 'json-1.1', target: `${TARGET}.GetResourcePolicy` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const DeleteResourcePolicy = defineOperation({
  ...vault('management'),
  name: 'DeleteResourcePolicy',
  doc: 'Removes the resource policy of a secret.',
  input: structure({ SecretId }),
  output: structure(named),
  errors: changeErrors(),
  authz: {
    action: 'secretsmanager:DeleteResourcePolicy',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.DeleteResourcePolicy` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const ValidateResourcePolicy = defineOperation({
  ...vault('management'),
  name: 'ValidateResourcePolicy',
  doc: 'Says whether PutResourcePolicy would take a policy, and why not. Changes nothing.',
  input: structure({ SecretId: SecretId.optional(), ResourcePolicy }),
  output: structure({
    PolicyValidationPassed: flag(),
    ValidationErrors: list(structure({ CheckName: text(1, 512), ErrorMessage: text(0, 4096) }), 0, 100),
  }),
  errors: readErrors('InvalidRequest'),
  authz: {
    action: 'secretsmanager:ValidateResourcePolicy',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'read',
  aws: { protocol: 'json-1.1', target: `${TARGET}.ValidateResourcePolicy` },
  examples: [{ title: 'for a secret', input: { SecretId: 'shop/db', ResourcePolicy: example } }],
});
