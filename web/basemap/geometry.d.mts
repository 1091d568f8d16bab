/** The types of geometry.mjs for the tests. */
export type Position = [number, number];
export type Ring = Position[];
export const MAX_LATITUDE: number;
export function unwrapRing(ring: Ring): Ring;
export function unwrapPolygon(rings: Ring[]): Ring[];
export function bounds(points: Position[]): [number, number, number, number];
export function signedArea(ring: Ring): number;
export function cutPolygon(rings: Ring[], size: number): { column: number; row: number; rings: Ring[] }[];
export function openLines(lines: Position[][]): Position[][];
export function cutLines(lines: Position[][], size: number): { column: number; row: number; line: Position[] }[];
export function rounded(points: Position[], digits: number): Position[];
