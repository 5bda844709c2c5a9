import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { Genre } from './genre';

@Entity('genre_translations')
@Unique(['genreId', 'language'])
export class GenreTranslation {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  genreId!: number;

  @Column()
  language!: string;

  @Column()
  name!: string;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToOne(() => Genre, (genre) => genre.translations, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'genreId' })
  genre!: Genre;
}
