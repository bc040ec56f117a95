/** The processes of the plane that speak to the database; each may have a login of its own there. */
export const planeRoles = ['api', 'engine', 'promoter'] as const;
export type PlaneRole = (typeof planeRoles)[number];
