// Gradus with its CPU backend, through the umbrella package.

import { serve } from "../child.js";
import { gradus } from "../suites/gradus.js";
import { gradusModels } from "../suites/gradus-models.js";

serve({ ...gradus(), ...gradusModels() });
