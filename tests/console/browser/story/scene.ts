/** What all parts of the story's tests share: one Chromium, and both servers of the demo after its story. */
import { scene } from "../fixture.ts";
import { tellStory } from "../told.ts";
import type { Visitor } from "../visitor.ts";

export const test = scene(tellStory);

export const row = (visitor: Visitor, text: string) => visitor.page.locator(".grid-row", { hasText: text });
