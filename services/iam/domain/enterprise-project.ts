/** The rules of enterprise projects. */
import { DEFAULT_PROJECT, type ProjectState, projectProblem } from '../../../platform/contract/enterprise-project.ts';

interface Project {
  project_id: string;
  name: string;
  enabled: number;
}

/** Every account has it; it is in no table, so nothing can happen to it. */
export const DEFAULT_PROJECT_NAME = 'default';

export function isDefaultProject(projectId: string): boolean {
  return projectId === DEFAULT_PROJECT;
}

export function projectState(projectId: string, row: Project | undefined): ProjectState | undefined {
  if (isDefaultProject(projectId)) return { Name: DEFAULT_PROJECT_NAME, Enabled: true };
  return row && { Name: row.name, Enabled: row.enabled === 1 };
}

/** Why a project takes no resource, no grant and no edit now; undefined: it does. */
export function intakeProblem(projectId: string, row: Project | undefined) {
  return projectProblem(projectId, projectState(projectId, row));
}
