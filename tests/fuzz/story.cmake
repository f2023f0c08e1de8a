posthouse_fuzz_target(story_line DEPENDS story)
