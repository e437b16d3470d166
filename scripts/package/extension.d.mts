export const repository: string;
export function linksOf(text: string): string[];
export function ownFile(link: string): string | null;
export function checkExtension(file: string, version: string): Promise<void>;
