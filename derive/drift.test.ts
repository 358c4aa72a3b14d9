import * as iamClient from '@aws-sdk/client-iam';
import * as kmsClient from '@aws-sdk/client-kms';
import * as orgClient from '@aws-sdk/client-organizations';
import * as vaultClient from '@aws-sdk/client-secrets-manager';
import * as stsClient from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../platform/contract/operation.ts';
import { ACCEPTED } from './drift/accepted.ts';
import { differences } from './drift/compare.ts';
import { modelName, publishedModelsPresent, readPublishedModel } from './drift/published-model.ts';
import { readSdkSchemas } from './drift/sdk-schemas.ts';
import type { WireModel } from './drift/wire-model.ts';
import { operations } from './operations.ts';

const bound = operations.filter((operation) => operation.aws !== undefined);
const table = bound.map((operation) => [`${operation.area} ${operation.name}`, operation] as const);
/** No client of Private CA that carries its schemas is on the registry: there is the published model alone. */
const withClient = table.filter(([, { area }]) => area !== 'pca');
const unexpected = (operation: AnyOperation, model: WireModel | undefined) =>
  model ? differences(operation, model).filter((line) => !ACCEPTED.has(line)) : ['there is no model of this area'];

const sdk: Readonly<Record<string, WireModel>> = {
  iam: readSdkSchemas(iamClient, '@aws-sdk/client-iam'),
  kms: readSdkSchemas(kmsClient, '@aws-sdk/client-kms'),
  ccms: readSdkSchemas(vaultClient, '@aws-sdk/client-secrets-manager'),
  org: readSdkSchemas(orgClient, '@aws-sdk/client-organizations'),
  sts: readSdkSchemas(stsClient, '@aws-sdk/client-sts'),
};

const present = publishedModelsPresent();
const published: Readonly<Record<string, WireModel>> = present
  ? Object.fromEntries(
      ['iam', 'kms', 'ccms', 'pca', 'org', 'sts'].map((area) => [area, readPublishedModel(modelName(area))]),
    )
  : {};

describe('operations on the AWS wire and the clients of the AWS SDK', () => {
  it('sees the operations of the clients', () => {
    expect(sdk.kms?.operations.size).toBeGreaterThan(50);
    expect(sdk.iam?.operations.size).toBeGreaterThan(170);
    expect(sdk.kms?.errors.has('NotFoundException')).toBe(true);
    expect(sdk.iam?.errors.get('NoSuchEntity')).toEqual({ status: 404 });
    expect(bound.length).toBeGreaterThan(75);
  });

  it.each(withClient)('%s agrees', (_, operation) => {
    expect(unexpected(operation, sdk[operation.area])).toEqual([]);
  });
});

describe.skipIf(!present)(
  `operations on the AWS wire and the published models${present ? '' : ' (skipped: ../shared/vectors/aws-models is absent)'}`,
  () => {
    it.each(table)('%s agrees', (_, operation) => {
      expect(unexpected(operation, published[operation.area])).toEqual([]);
    });

    it('accepts no difference that does not exist', () => {
      const all = bound.flatMap((operation) =>
        [sdk[operation.area], published[operation.area]].flatMap((model) =>
          model ? differences(operation, model) : [],
        ),
      );
      expect([...ACCEPTED.keys()].filter((line) => !all.includes(line))).toEqual([]);
    });
  },
);
