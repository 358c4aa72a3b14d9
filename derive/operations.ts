/**
 * Every public operation of the product. Operations that are only for our own services never pass this file, so that
 * no document, client, command or test derived from it can show or reach one.
 */
import type { AnyOperation, ServiceName } from '../platform/contract/operation.ts';
import { auditOperations } from '../services/audit/api/index.ts';
import { ccmsOperations } from '../services/ccms/api/index.ts';
import { iamApi } from '../services/iam/api/index.ts';
import { kmsOperations } from '../services/kms/api/index.ts';
import { orgApi } from '../services/org/api/index.ts';
import { pcaOperations } from '../services/pca/api/index.ts';

type OperationTable = Readonly<Record<string, AnyOperation>>;

/** Where the declarations of a service live: the generated client imports them from there. */
export interface ServiceApi {
  service: ServiceName;
  /** Folder of the service and name of the exported table. */
  module: string;
  exportName: string;
  table: OperationTable;
}

export const serviceApis: readonly ServiceApi[] = [
  { service: 'iam', module: 'services/iam/api/index.ts', exportName: 'iamApi', table: iamApi },
  { service: 'kms', module: 'services/kms/api/index.ts', exportName: 'kmsOperations', table: kmsOperations },
  { service: 'ccms', module: 'services/ccms/api/index.ts', exportName: 'ccmsOperations', table: ccmsOperations },
  { service: 'pca', module: 'services/pca/api/index.ts', exportName: 'pcaOperations', table: pcaOperations },
  { service: 'org', module: 'services/org/api/index.ts', exportName: 'orgApi', table: orgApi },
  { service: 'audit', module: 'services/audit/api/index.ts', exportName: 'auditOperations', table: auditOperations },
];

export function isPublic(operation: AnyOperation): boolean {
  return operation.authz !== 'internal';
}

/** Public operations in the order of their declaration, service after service. */
export const operations: readonly AnyOperation[] = serviceApis.flatMap(({ table }) =>
  Object.values(table).filter(isPublic),
);

/** Operations by area (the part of the route after `/v1/`), areas in the order in which they first occur. */
export function byArea(all: readonly AnyOperation[]): ReadonlyMap<string, readonly AnyOperation[]> {
  const areas = new Map<string, AnyOperation[]>();
  for (const operation of all) {
    const area = areas.get(operation.area);
    if (area) area.push(operation);
    else areas.set(operation.area, [operation]);
  }
  return areas;
}
