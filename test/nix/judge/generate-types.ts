/** The types that generated expressions have. Lists hold one type; sets are written where they are needed. */
export type Type = "int" | "float" | "bool" | "string" | "null" | "ints" | "strings" | "sets" | "set";

export const types: readonly Type[] = ["int", "float", "bool", "string", "null", "ints", "strings", "sets", "set"];

/** What an expression may refer to. */
export type Names = ReadonlyMap<string, Type>;
