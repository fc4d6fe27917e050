/** All that the page of licences does: the theme in which the console is seen. */
import { applyTheme } from "./theme.ts";

applyTheme();
