package io.github.relumax;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.List;
import java.util.stream.Stream;

/**
 * Imports go one way. {@link #LAYERS} says which packages each package may import; a package that
 * it does not name fails the test, one that has no class yet does not.
 */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  static final String ROOT = "io.github.relumax";

  private static final List<String> BELOW_OBJECTIVE =
      List.of("random", "matrix", "model", "backend");
  private static final List<String> BELOW_NEWTON = with(BELOW_OBJECTIVE, "objective");
  private static final List<String> BELOW_USES = with(BELOW_NEWTON, "newton", "io");

  private static final List<Layer> LAYERS =
      List.of(
          new Layer("random", List.of()),
          new Layer("matrix", List.of()),
          new Layer("model", List.of("random", "matrix")),
          new Layer("io", List.of("random", "matrix", "model")),
          new Layer("backend", List.of("random", "matrix")),
          new Layer("cpu", List.of("random", "matrix", "backend")),
          new Layer("cuda", List.of("random", "matrix", "backend")),
          new Layer("objective", BELOW_OBJECTIVE),
          new Layer("sketch", BELOW_NEWTON),
          new Layer("newton", with(BELOW_NEWTON, "sketch")),
          new Layer("plan", with(BELOW_NEWTON, "newton")),
          new Layer("theory", with(BELOW_NEWTON, "newton")),
          new Layer("text", BELOW_USES),
          new Layer("report", with(BELOW_USES, "sketch", "plan", "theory")),
          new Layer("cli", with(BELOW_USES, "sketch", "cpu", "plan", "theory", "text", "report")));

  @ArchTest static final ArchRule importsGoOneWay = importsGoOneWay();

  @ArchTest
  static final ArchRule everyPackageIsALayer =
      classes().should().resideInAnyPackage(layerPackages()).orShould().resideInAPackage(ROOT);

  @ArchTest
  static final ArchRule rootImportsNoLayer =
      noClasses()
          .that()
          .resideInAPackage(ROOT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(layerPackages())
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule noPackageCycles =
      slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyCpuUsesTheVectorApi =
      noClasses()
          .that()
          .resideOutsideOfPackage(packageOf("cpu"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator.vector..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyCudaUsesJCuda =
      noClasses()
          .that()
          .resideOutsideOfPackage(packageOf("cuda"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyCliPrintsAndExits =
      noClasses()
          .that()
          .resideOutsideOfPackage(packageOf("cli"))
          .should(ACCESS_STANDARD_STREAMS)
          .orShould()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "halt", int.class)
          .allowEmptyShould(true);

  private record Layer(String name, List<String> mayImport) {}

  private static ArchRule importsGoOneWay() {
    LayeredArchitecture rule =
        layeredArchitecture().consideringOnlyDependenciesInLayers().withOptionalLayers(true);
    for (Layer layer : LAYERS) {
      rule = rule.layer(layer.name).definedBy(packageOf(layer.name));
    }
    for (Layer layer : LAYERS) {
      rule =
          layer.mayImport.isEmpty()
              ? rule.whereLayer(layer.name).mayNotAccessAnyLayer()
              : rule.whereLayer(layer.name)
                  .mayOnlyAccessLayers(layer.mayImport.toArray(String[]::new));
    }
    return rule;
  }

  private static String packageOf(String layer) {
    return ROOT + "." + layer + "..";
  }

  private static String[] layerPackages() {
    return LAYERS.stream().map(layer -> packageOf(layer.name)).toArray(String[]::new);
  }

  private static List<String> with(List<String> names, String... more) {
    return Stream.concat(names.stream(), Stream.of(more)).toList();
  }
}
