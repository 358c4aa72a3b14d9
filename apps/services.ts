/** Every service of the product. */
import { actionCatalogue } from '../derive/catalogue.ts';
import { operations } from '../derive/operations.ts';
import type { AnyService } from '../platform/runtime/service.ts';
import { auditService } from '../services/audit/index.ts';
import { defineIam } from '../services/iam/index.ts';
import { kmsService } from '../services/kms/index.ts';

export const services: readonly AnyService[] = [
  defineIam({ catalogue: actionCatalogue(operations) }),
  kmsService,
  auditService,
];
