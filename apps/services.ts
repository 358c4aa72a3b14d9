/** Every service of the product. */
import type { AnyService } from '../platform/runtime/service.ts';
import { auditService } from '../services/audit/index.ts';
import { iamService } from '../services/iam/index.ts';
import { kmsService } from '../services/kms/index.ts';

export const services: readonly AnyService[] = [iamService, kmsService, auditService];
