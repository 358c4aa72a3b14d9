/**
 * What the vault owns, as enterprise projects and the detective engine see it, whatever kind it is. A new kind of
 * resource gets a file beside this one and a line in `kinds.ts`.
 */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import type { AuthorizationTarget, Change } from '../../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { TagMap } from '../../domain/tags.ts';
import type { Reader } from '../../store/queries.ts';
import type { AnyCall } from '../secret-access.ts';

export interface Move {
  ResourceArn: string;
  FromEnterpriseProjectId: string;
  EnterpriseProjectId: string;
}

export interface OwnedResource {
  id: string;
  arn: string;
  accountId: string;
  project: string;
  tags: TagMap;
  item(): ConfigurationItem;
  /** What was granted of it beside policies, to anybody. */
  granted?(deps: CcmsDeps): Promise<Pick<AuthorizationTarget, 'grants' | 'boundaryLimitsGrants'>>;
  /** Answers the move itself. Throws when the resource cannot be moved now. */
  moveTo(call: AnyCall, deps: CcmsDeps, project: string): Promise<Change<Move>>;
}

/** What had the ARN is gone, or never was. */
export interface Gone {
  gone: { name: string; accountId: string };
}

export interface OwnedKind {
  /** As operations and configurations name it. */
  type: `secretsmanager:${string}`;
  /** By its whole ARN. Undefined: the ARN is of another kind. */
  find(deps: CcmsDeps, arn: string): Promise<OwnedResource | Gone | 'damaged' | undefined>;
  byId(deps: CcmsDeps, id: string): Promise<OwnedResource | 'damaged' | undefined>;
  /** Of all accounts, in their order. */
  ids(db: Reader, after: string, limit: number): Promise<string[]>;
  /** By id; throws when a row does not verify. */
  inProject(
    deps: CcmsDeps,
    where: { accountId: string; projectId: string; after: string; limit: number },
  ): Promise<OwnedResource[]>;
  /** The question that a move asks; undefined: the ARN is of another kind. `resource` is one of the caller's account. */
  askToMove(
    call: AnyCall,
    deps: CcmsDeps,
    arn: string,
  ): Promise<{ target: AuthorizationTarget; resource: OwnedResource | undefined } | undefined>;
}

export function moveOf({ arn, project }: Pick<OwnedResource, 'arn' | 'project'>, to: string): Move {
  return { ResourceArn: arn, FromEnterpriseProjectId: project, EnterpriseProjectId: to };
}
