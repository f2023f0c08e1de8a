posthouse_fuzz_target(story_line DEPENDS story)
posthouse_fuzz_target(story_search DEPENDS story)
