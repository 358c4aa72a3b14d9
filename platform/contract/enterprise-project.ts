/**
 * Enterprise projects as every service sees them. A resource is in exactly one project of its account; the service
 * that owns the resource knows which. The projects themselves, and what is granted in them, belong to iam.
 */
import { z } from 'zod';
import type { ErrorDeclaration } from './operation.ts';
import { AccountId, ArnText, annotate, dictionary, integer, list, structure, text } from './shape.ts';

/** The project of everything that was put into no other one. Every account has it; it cannot be changed. */
export const DEFAULT_PROJECT = '0';

/**
 * The project of a resource of which no project is told: the default one. In none are `*`, which is no resource, and
 * what belongs to an organization: it binds other accounts, so no grant in a project of one account reaches it.
 */
export function projectUnlessTold(resource: string): string | undefined {
  return resource === '*' || OF_ORGANIZATION.test(resource) ? undefined : DEFAULT_PROJECT;
}

const OF_ORGANIZATION = /^arn:[^:]*:organizations:/;

/** Condition key: the project of the resource, or the one a new or moved resource is to be in. */
export const PROJECT_KEY = 'parapet:EnterpriseProjectId';

/** Condition key: `true` for operations that reach beyond the project of the resource, which no grant permits. */
export const BEYOND_KEY = 'parapet:BeyondProject';

export const EnterpriseProjectId = text(1, 36, {
  pattern: /^(?:0|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
});

/** A resource as its service lists it; `Position` names it among those of the service. */
export interface PlacedResource {
  Position: string;
  ResourceArn: string;
  ResourceType: string;
}

/** What a project says of itself; other members are its owner's business. */
export interface ProjectState {
  Name: string;
  Enabled: boolean;
}

/** `aws`: what AWS clients of the service know it as. */
export function projectDisabled(aws: string, awsStatus = 400): { EnterpriseProjectDisabled: ErrorDeclaration } {
  const doc = 'The enterprise project is disabled: it takes no resources and cannot be changed.';
  return { EnterpriseProjectDisabled: { status: 409, aws, awsStatus, doc } };
}

/** Why a project takes no resource; undefined: it takes one. Another account's project is a missing one. */
export function projectProblem(
  projectId: string,
  state: ProjectState | undefined,
): { code: 'NotFound' | 'EnterpriseProjectDisabled'; message: string; hint: string } | undefined {
  if (!state) {
    const hint = 'ListEnterpriseProjects shows those of the account';
    return { code: 'NotFound', message: `enterprise project ${projectId} does not exist`, hint };
  }
  if (state.Enabled) return undefined;
  return {
    code: 'EnterpriseProjectDisabled',
    message: `enterprise project ${state.Name} is disabled`,
    hint: 'name another one, or enable it',
  };
}

// --- moving a resource, declared by every service that owns some -----------------------------------------------------

export const MoveInput = { ResourceArn: ArnText, EnterpriseProjectId };
export const MoveOutput = { ResourceArn: ArnText, FromEnterpriseProjectId: EnterpriseProjectId, EnterpriseProjectId };

const AccessChange = annotate(
  structure({
    /** The root user, a user or a role of the account. */
    PrincipalArn: text(1, 2048),
    Actions: list(text(1, 128), 1, 200),
  }),
  { title: 'AccessChange' },
);

export const MovePreview = {
  ...MoveOutput,
  /** Whoever may do something after the move that is not allowed now. */
  Gains: list(AccessChange, 0, 1000),
  /** Whoever may do something now that is not allowed after the move. */
  Loses: list(AccessChange, 0, 1000),
  /** How many of them this page looked at. */
  Considered: integer(0, 1000),
};

// --- listing what is in a project, answered to iam by every service that owns resources ------------------------------

export const ResourcesInput = {
  AccountId,
  EnterpriseProjectId,
  /** Position of the last resource of the page before. */
  After: text(1, 256).optional(),
  Limit: integer(1, 1001),
};

const resource = {
  ResourceArn: ArnText,
  /** As operations name the kind: `kms:key`, `iam:user`. */
  ResourceType: text(1, 64),
};

export const ProjectResource = annotate(structure(resource), { title: 'ProjectResource' });

export const ResourcesOutput = { Resources: list(structure({ Position: text(1, 256), ...resource }), 0, 1001) };

// --- what decisions about a resource rest on, answered to iam by every service that owns resources -------------------

export const FactsInput = { AccountId, ResourceArns: list(ArnText, 1, 100) };

const Facts = structure({
  ResourceArn: ArnText,
  EnterpriseProjectId,
  Tags: dictionary(z.string(), text(0, 256)),
});
export type ResourceFacts = z.output<typeof Facts>;

export const FactsOutput = {
  /** Those that exist in the account. */
  Resources: annotate(list(Facts, 0, 100), { audit: 'length' }),
  /** Of which the service cannot tell the truth now: whoever decides about them denies. */
  Unknown: annotate(list(ArnText, 0, 100), { audit: 'length' }),
};
