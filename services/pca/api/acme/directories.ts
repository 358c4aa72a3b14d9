/** ACME directories of authorities (RFC 8555): for which names clients get certificates, how they prove them, who they are. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { list, structure } from '../../../../platform/contract/shape.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { Arn, MaxResults, NextToken } from '../shapes.ts';
import { AcmeDirectory, example, inDirectory, onAuthority, rules } from './shapes.ts';

/** Whoever lets clients act for somebody else needs to be allowed to, on that one. */
export const BIND_ACTION = 'acm-pca:BindAcmePrincipal';
const BIND = [BIND_ACTION];
const { DirectoryId: _, ...authority } = example;

export const CreateAcmeDirectory = defineOperation({
  ...pca(),
  name: 'CreateAcmeDirectory',
  doc: 'Makes an ACME directory of an authority. Clients begin at its Path, below the address of the API.',
  input: structure({ CertificateAuthorityArn: Arn, ...rules }),
  output: structure({ Directory: AcmeDirectory }),
  errors: changeErrors('InvalidArgs', 'LimitExceeded'),
  authz: onAuthority('CreateAcmeDirectory', BIND),
  effect: 'write',
  examples: [
    {
      title: 'for a zone',
      input: { ...authority, Name: 'web', Zones: ['example.test'], ValidationNetworks: ['10.0.0.0/8'] },
    },
  ],
});

export const DescribeAcmeDirectory = defineOperation({
  ...pca(),
  name: 'DescribeAcmeDirectory',
  doc: 'Describes an ACME directory.',
  input: structure(inDirectory),
  output: structure({ Directory: AcmeDirectory }),
  errors: readErrors(),
  authz: onAuthority('DescribeAcmeDirectory'),
  effect: 'read',
  examples: [{ title: 'by id', input: example }],
});

export const ListAcmeDirectories = defineOperation({
  ...pca(),
  name: 'ListAcmeDirectories',
  doc: 'The ACME directories of an authority, oldest first.',
  input: structure({
    CertificateAuthorityArn: Arn,
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ Directories: list(AcmeDirectory, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onAuthority('ListAcmeDirectories'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: authority }],
});

export const UpdateAcmeDirectory = defineOperation({
  ...pca(),
  name: 'UpdateAcmeDirectory',
  doc: 'Changes the rules of an ACME directory. What is not given stays. Orders that are open go on by the new rules.',
  input: structure({ ...inDirectory, ...rules }),
  output: structure({ Directory: AcmeDirectory }),
  errors: changeErrors('InvalidArgs'),
  authz: onAuthority('UpdateAcmeDirectory', BIND),
  effect: 'write',
  examples: [{ title: 'shorter certificates', input: { ...example, ValidityDays: 30 } }],
});

export const DeleteAcmeDirectory = defineOperation({
  ...pca(),
  name: 'DeleteAcmeDirectory',
  doc: 'Deletes an ACME directory: its accounts, binding keys and orders are of no use any more. Certificates stay.',
  input: structure(inDirectory),
  errors: changeErrors(),
  authz: onAuthority('DeleteAcmeDirectory'),
  effect: 'write',
  examples: [{ title: 'by id', input: example }],
});
