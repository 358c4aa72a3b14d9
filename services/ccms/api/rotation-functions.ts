/**
 * Functions of others that rotate secrets, as AWS has them in Lambda: an HTTPS address that takes AWS's event for each
 * of the four steps. Their ARNs are Lambda's, so that what was written for AWS names them as it is.
 */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, annotate, list, PageLimit, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { NextToken, SecretId } from './shapes.ts';
import { RoleArn } from './targets.ts';

const FunctionName = text(1, 64, { pattern: /^[A-Za-z0-9_-]+$/ });
const Url = text(9, 2048, { pattern: /^https:\/\/[!-~]+$/ });
const Ca = text(1, 65_536);

const Registered = annotate(
  structure({
    Arn: ArnText,
    Name: FunctionName,
    Url,
    Ca: Ca.optional(),
    RoleArn,
    SigningSecretArn: ArnText,
    EnterpriseProjectId,
    CreatedDate: timestamp(),
  }),
  { title: 'RotationFunction' },
);

const onFunction = (name: string, passesRole = false) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:rotation-function',
  conditions: ['parapet:EnterpriseProjectId'],
  ...(passesRole && { alsoChecks: ['iam:PassRole'] }),
});

export const RegisterRotationFunction = defineOperation({
  ...vault('management'),
  name: 'RegisterRotationFunction',
  doc: 'Names a function that rotates secrets, under the ARN of a Lambda function. The vault signs its requests with the value of a secret, which it reads in the role. Needs iam:PassRole on the role.',
  input: structure({
    Name: FunctionName,
    /** HTTPS only; redirects are not followed. */
    Url,
    /** Certificates that may have signed the function's, PEM; absent: those of the system. */
    Ca: Ca.optional(),
    /** May read the secret; its trust policy lets the vault in. */
    RoleArn,
    /** A secret of the account, 16 characters or more: the key of the signatures. */
    SigningSecretId: SecretId,
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ Function: Registered }),
  errors: changeErrors('AlreadyExists', 'LimitExceeded', 'EnterpriseProjectDisabled'),
  authz: onFunction('RegisterRotationFunction', true),
  effect: 'write',
  examples: [
    {
      title: 'a function',
      input: {
        Name: 'rotate-db',
        Url: 'https://rotator.example.com/rotate',
        RoleArn: 'arn:aws:iam::123456789012:role/rotator',
        SigningSecretId: 'rotate-db/signing',
      },
    },
  ],
});

export const DescribeRotationFunction = defineOperation({
  ...vault('management'),
  name: 'DescribeRotationFunction',
  doc: 'Describes a registered function. The key of its signatures is in its secret, not here.',
  input: structure({ Name: FunctionName }),
  output: structure({ Function: Registered }),
  errors: readErrors(),
  authz: onFunction('DescribeRotationFunction'),
  effect: 'read',
  examples: [{ title: 'by name', input: { Name: 'rotate-db' } }],
});

export const ListRotationFunctions = defineOperation({
  ...vault('management'),
  name: 'ListRotationFunctions',
  doc: 'Lists the registered functions of the account of the caller, by name.',
  input: structure({ MaxResults: PageLimit.optional(), NextToken: NextToken.optional() }),
  output: structure({ Functions: list(Registered, 0, 1000), NextToken: NextToken.optional() }),
  errors: errors('InvalidNextToken'),
  authz: { action: 'secretsmanager:ListRotationFunctions', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: {} }],
});

export const DeregisterRotationFunction = defineOperation({
  ...vault('management'),
  name: 'DeregisterRotationFunction',
  doc: 'Forgets a function, unless a secret rotates by it.',
  input: structure({ Name: FunctionName }),
  output: structure({ Arn: ArnText }),
  errors: changeErrors(),
  authz: onFunction('DeregisterRotationFunction'),
  effect: 'write',
  examples: [{ title: 'by name', input: { Name: 'rotate-db' } }],
});
