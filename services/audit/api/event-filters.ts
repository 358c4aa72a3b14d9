/** What records are searched by. All that are given must match. */
import { text, timestamp } from '../../../platform/contract/shape.ts';
import { EventId, Outcome, ResourceArn } from './shapes.ts';

export const eventFilters = {
  /** First moment, inclusive. */
  StartTime: timestamp().optional(),
  /** Last moment, inclusive. */
  EndTime: timestamp().optional(),
  EventName: text(1, 128).optional(),
  /** `kms.amazonaws.com` and the like. */
  EventSource: text(1, 128).optional(),
  PrincipalArn: text(1, 2048).optional(),
  UserName: text(1, 128).optional(),
  AccessKeyId: text(1, 128).optional(),
  /** ARN of a resource the request touched. */
  Resource: ResourceArn.optional(),
  Outcome: Outcome.optional(),
  /** What denied: rcp, scp, endpoint, resource, identity, boundary or session; `owner-state` when the owner of the resource may not be used, `error` when nothing could be decided. */
  Layer: text(1, 64).optional(),
  EnterpriseProjectId: text(1, 36).optional(),
  RequestId: text(1, 128).optional(),
  EventId: EventId.optional(),
};
